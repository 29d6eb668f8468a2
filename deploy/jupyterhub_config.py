"""JupyterHub with the Groundwork portal as its service; settings come from the environment.

`make cohort` uses this file on one machine, `deploy/Containerfile` in a container. Everything
that an association may want otherwise is an environment variable (docs/operating.md lists
them); what is in a file named by GROUNDWORK_HUB_EXTRA wins.
"""

import os
import secrets
import sys
from pathlib import Path

import nativeauthenticator

from groundwork.hubside import TEMPLATES
from groundwork.hubside.signup import make_first_admin
from groundwork.settings import read_settings

c = get_config()  # noqa: F821  # given by JupyterHub

settings = read_settings()
settings.make_data()
hub = settings.data / "hub"
hub.mkdir(exist_ok=True, mode=0o700)
host = os.environ.get("GROUNDWORK_HOST") or "127.0.0.1"
port = int(os.environ.get("GROUNDWORK_PORT") or 8000)
base = os.environ.get("GROUNDWORK_HUB_BASE") or "/"
portal_port = int(os.environ.get("GROUNDWORK_PORTAL_PORT") or 10101)
origin = (os.environ.get("GROUNDWORK_ORIGIN") or "").rstrip("/")
admin = os.environ.get("GROUNDWORK_ADMIN") or ""
portal = f"{base}services/groundwork/"


def kept_secret(name: str) -> str:
    """A secret of this Hub, made once and kept for its owner only."""
    path = hub / name
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32), encoding="ascii")
    return path.read_text(encoding="ascii")


# --- where it listens ------------------------------------------------------------------------

c.JupyterHub.bind_url = f"http://{host}:{port}{base}"
if origin:
    c.JupyterHub.public_url = f"{origin}{base}"
if os.environ.get("GROUNDWORK_SUBDOMAINS") == "1":
    # Each server has an origin of its own: the only thing that keeps browsers' pages apart.
    c.JupyterHub.subdomain_host = origin
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{os.environ.get('GROUNDWORK_HUB_PORT') or 8081}"
c.ConfigurableHTTPProxy.api_url = (
    f"http://127.0.0.1:{os.environ.get('GROUNDWORK_PROXY_PORT') or 8001}"
)
c.ConfigurableHTTPProxy.command = [
    os.environ.get("GROUNDWORK_PROXY") or "configurable-http-proxy",
    "--log-level=warn",
]
c.JupyterHub.log_level = "WARN"
c.ConfigurableHTTPProxy.auth_token = kept_secret("proxy-token")
c.JupyterHub.db_url = os.environ.get("GROUNDWORK_HUB_DATABASE_URL") or f"sqlite:///{hub}/hub.db"
c.JupyterHub.cookie_secret_file = str(hub / "cookie-secret")
c.ConfigurableHTTPProxy.pid_file = str(hub / "proxy.pid")
c.JupyterHub.cleanup_servers = True
c.JupyterHub.template_vars = {"portal": portal}
c.JupyterHub.template_paths = [
    str(TEMPLATES),
    f"{Path(nativeauthenticator.__file__).parent}/templates/",
]

# --- who may come in -------------------------------------------------------------------------

OWN_ACCOUNTS = "groundwork.hubside.signup.Authenticator"
c.JupyterHub.authenticator_class = OWN_ACCOUNTS
c.Authenticator.admin_users = {admin} - {""}
c.NativeAuthenticator.allow_all = True  # every account that it has approved
c.NativeAuthenticator.sign_up = os.environ.get("GROUNDWORK_SIGN_UP") or "approval"
c.NativeAuthenticator.enable_signup = c.NativeAuthenticator.sign_up != "closed"
c.NativeAuthenticator.minimum_password_length = 10
c.NativeAuthenticator.check_common_password = True
c.NativeAuthenticator.allowed_failed_logins = 8
c.NativeAuthenticator.seconds_before_next_try = 300
c.NativeAuthenticator.log_url = settings.database_url
c.NativeAuthenticator.portal_path = portal
c.NativeAuthenticator.first_admin_file = str(hub / "first-admin")

# --- the portal ------------------------------------------------------------------------------

service = {
    "name": "groundwork",
    "url": f"http://127.0.0.1:{portal_port}",
    "api_token": kept_secret("portal-token"),
    "oauth_no_confirm": True,
    "cwd": str(settings.root),
    "command": [
        sys.executable,
        "-m",
        "groundwork",
        "serve",
        "--as-it-is",  # built before the Hub was started
        "--host=127.0.0.1",
        f"--port={portal_port}",
        f"--workers={os.environ.get('GROUNDWORK_WORKERS') or 2}",
    ],
    "environment": {
        name: value for name, value in os.environ.items() if name.startswith("GROUNDWORK_")
    }
    | {"GROUNDWORK_ROOT": str(settings.root), "GROUNDWORK_DATA": str(settings.data)},
}
c.JupyterHub.services = [service]
c.JupyterHub.load_roles = [
    {"name": "user", "scopes": ["self", "access:services!service=groundwork"]},
    # The portal keeps nbgrader's groups in line with its cohorts, and may do nothing else.
    {"name": "groups-of-cohorts", "scopes": ["admin:groups"], "services": ["groundwork"]},
]
c.JupyterHub.default_url = f"{portal}sign-in"  # who has signed in at the Hub is known there at once
c.JupyterHub.redirect_to_server = False

# --- a Lab for who teaches -------------------------------------------------------------------

c.JupyterHub.spawner_class = "groundwork.hubside.labs.LabSpawner"
c.LabSpawner.data = str(settings.data)
c.LabSpawner.root = str(settings.root)
c.LabSpawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
c.Spawner.default_url = "/lab"
c.Spawner.start_timeout = 180
c.JupyterHub.allow_named_servers = True
c.JupyterHub.named_server_limit_per_user = 5

# --- your own settings -----------------------------------------------------------------------

extra = os.environ.get("GROUNDWORK_HUB_EXTRA")
if extra:
    load_subconfig(extra)  # noqa: F821  # given by traitlets

makes_accounts = c.JupyterHub.authenticator_class == OWN_ACCOUNTS
if not makes_accounts:
    # Then an invitation leads to signing in, and to no account of this Hub's own.
    service["environment"]["GROUNDWORK_SIGN_UP"] = "closed"

# --- said once, where it was started ---------------------------------------------------------

reached = f"{origin or f'http://{host}:{port}'}{base}"
print(f"Groundwork will be at {reached}services/groundwork/", flush=True)
first = make_first_admin(hub / "first-admin") if admin and makes_accounts else ""
if first:
    link = f"{reached}hub/signup?invitation={first}"
    print(f"The administrator {admin} makes the account with this link, once: {link}", flush=True)
