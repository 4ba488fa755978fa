"""`python -m services.scoring`: run the scoring service."""

from services.scoring.app import create_app
from services.scoring.settings import ScoringSettings
from shared.runtime.server import serve

if __name__ == "__main__":
    settings = ScoringSettings()
    serve(create_app(settings), settings)
