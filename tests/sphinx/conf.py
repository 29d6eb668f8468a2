"""The book under plain, current Sphinx: no Jupyter Book, the same extension and theme."""

project = "Groundwork"
language = "en"
extensions = [
    "sphinx_external_toc",
    "myst_nb",
    "groundwork.theme",
    "groundwork.book",
    "groundwork.gallery",
]
external_toc_path = "_toc.yml"
external_toc_exclude_missing = True
exclude_patterns = [".*", "_build", "benchmarks", "data", "docs", "tests", "notebooks", "src"]
myst_enable_extensions = ["colon_fence", "deflist", "attrs_inline"]
nb_execution_mode = "off"
html_theme = "groundwork"
html_copy_source = False
html_use_index = False
