"""Which package brings an import, where the names differ."""

from __future__ import annotations

__all__ = ["DISTRIBUTIONS", "distribution_of"]

DISTRIBUTIONS: dict[str, str] = {
    "MySQLdb": "mysqlclient",
    "OpenSSL": "pyOpenSSL",
    "Crypto": "pycryptodome",
    "PIL": "pillow",
    "bs4": "beautifulsoup4",
    "corsheaders": "django-cors-headers",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "decouple": "python-decouple",
    "dotenv": "python-dotenv",
    "environ": "django-environ",
    "git": "GitPython",
    "jose": "python-jose",
    "jwt": "PyJWT",
    "magic": "python-magic",
    "multipart": "python-multipart",
    "psycopg2": "psycopg2-binary",
    "rest_framework": "djangorestframework",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "socketio": "python-socketio",
    "yaml": "PyYAML",
}
"""Imports whose package has another name."""


def distribution_of(name: str) -> str:
    """The package that `import name` needs, as it is most often called on the package index."""
    return DISTRIBUTIONS.get(name, name.replace("_", "-"))
