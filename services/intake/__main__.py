"""`python -m services.intake`."""

from services.intake.app import create_app
from services.intake.settings import IntakeSettings
from shared.runtime.start import start

if __name__ == "__main__":
    start(IntakeSettings, create_app)
