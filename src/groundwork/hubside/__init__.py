"""What runs inside JupyterHub: accounts by invitation, and a JupyterLab for who teaches.

Only the Hub imports this; the portal speaks to the Hub over HTTP (`portal/hub.py`).
"""

from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"
