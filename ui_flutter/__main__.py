"""`python -m ui_flutter`: the console as a window of its own, against the server of `STAM_URL`."""

from ui_flutter.main import start

if __name__ == "__main__":
    start()
