"""`python -m services.notify`: serve, with settings from the environment."""

from services.notify.app import create_app
from services.notify.settings import NotifySettings
from shared.runtime.start import start

if __name__ == "__main__":
    start(NotifySettings, create_app)
