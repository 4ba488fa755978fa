"""`python -m services.scoring`: run the scoring service."""

from services.scoring.app import create_app
from services.scoring.settings import ScoringSettings
from shared.runtime.start import start

if __name__ == "__main__":
    start(ScoringSettings, create_app)
