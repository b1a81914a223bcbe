"""What a compilation looks for and does not find, and the Debian packages that have it: tables. Pure.

Names are those of Debian 12 and Ubuntu 24.04. Source: the contents of Debian's packages, and what Python
packages say in their documentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Lacking", "lacking"]


@dataclass(frozen=True, slots=True)
class Lacking:
    """what: in words, `the C header portaudio.h`. packages: Debian's, "" where they are not known; then word
    is what to search for."""

    what: str
    word: str
    packages: str


_BY_HEADER = {
    "Python.h": "python3-dev",
    "X11/Xlib.h": "libx11-dev",
    "alsa/asoundlib.h": "libasound2-dev",
    "archive.h": "libarchive-dev",
    "blosc.h": "libblosc-dev",
    "bluetooth/bluetooth.h": "libbluetooth-dev",
    "bzlib.h": "libbz2-dev",
    "cairo.h": "libcairo2-dev",
    "cblas.h": "libopenblas-dev",
    "cups/cups.h": "libcups2-dev",
    "curl/curl.h": "libcurl4-openssl-dev",
    "curses.h": "libncurses-dev",
    "dbus/dbus.h": "libdbus-1-dev libglib2.0-dev",
    "ev.h": "libev-dev",
    "event.h": "libevent-dev",
    "event2/event.h": "libevent-dev",
    "ffi.h": "libffi-dev",
    "ft2build.h": "libfreetype-dev",
    "fuse.h": "libfuse-dev",
    "gdal.h": "libgdal-dev",
    "gdbm.h": "libgdbm-dev",
    "geos_c.h": "libgeos-dev",
    "git2.h": "libgit2-dev",
    "glib.h": "libglib2.0-dev",
    "gmp.h": "libgmp-dev",
    "graphviz/cgraph.h": "libgraphviz-dev",
    "gsl/gsl_math.h": "libgsl-dev",
    "gssapi.h": "libkrb5-dev",
    "gssapi/gssapi.h": "libkrb5-dev",
    "hdf5.h": "libhdf5-dev",
    "jpeglib.h": "libjpeg-dev zlib1g-dev",
    "krb5.h": "libkrb5-dev",
    "lber.h": "libldap2-dev libsasl2-dev",
    "lcms2.h": "liblcms2-dev",
    "ldap.h": "libldap2-dev libsasl2-dev",
    "leveldb/c.h": "libleveldb-dev",
    "leveldb/db.h": "libleveldb-dev",
    "libmemcached/memcached.h": "libmemcached-dev",
    "libpq-fe.h": "libpq-dev",
    "librdkafka/rdkafka.h": "librdkafka-dev",
    "libssh2.h": "libssh2-1-dev",
    "libusb.h": "libusb-1.0-0-dev",
    "libvirt/libvirt.h": "libvirt-dev",
    "libxml/parser.h": "libxml2-dev libxslt1-dev",
    "libxml/xmlversion.h": "libxml2-dev libxslt1-dev",
    "libxslt/xslt.h": "libxml2-dev libxslt1-dev",
    "lmdb.h": "liblmdb-dev",
    "lz4.h": "liblz4-dev",
    "lzma.h": "liblzma-dev",
    "magic.h": "libmagic-dev",
    "mpc.h": "libmpc-dev",
    "mpfr.h": "libmpfr-dev",
    "mysql.h": "default-libmysqlclient-dev pkg-config",
    "ncurses.h": "libncurses-dev",
    "netcdf.h": "libnetcdf-dev",
    "openssl/opensslv.h": "libssl-dev",
    "openssl/ssl.h": "libssl-dev",
    "pcap.h": "libpcap-dev",
    "png.h": "libpng-dev",
    "portaudio.h": "portaudio19-dev",
    "proj.h": "libproj-dev",
    "proj_api.h": "libproj-dev",
    "re2/re2.h": "libre2-dev",
    "readline/readline.h": "libreadline-dev",
    "rocksdb/c.h": "librocksdb-dev",
    "sasl/sasl.h": "libldap2-dev libsasl2-dev",
    "snappy-c.h": "libsnappy-dev",
    "snappy.h": "libsnappy-dev",
    "sndfile.h": "libsndfile1-dev",
    "sodium.h": "libsodium-dev",
    "spatialindex/capi/sidx_api.h": "libspatialindex-dev",
    "sql.h": "unixodbc-dev",
    "sqlcipher/sqlite3.h": "libsqlcipher-dev",
    "sqlext.h": "unixodbc-dev",
    "sqlfront.h": "freetds-dev",
    "sqlite3.h": "libsqlite3-dev",
    "sybdb.h": "freetds-dev",
    "sys/acl.h": "libacl1-dev",
    "sys/capability.h": "libcap-dev",
    "systemd/sd-daemon.h": "libsystemd-dev",
    "systemd/sd-journal.h": "libsystemd-dev",
    "tiffio.h": "libtiff-dev",
    "tk.h": "tk-dev",
    "unicode/utypes.h": "libicu-dev",
    "uuid/uuid.h": "uuid-dev",
    "uv.h": "libuv1-dev",
    "webp/decode.h": "libwebp-dev",
    "xmlsec/xmlsec.h": "libxmlsec1-dev pkg-config",
    "yaml.h": "libyaml-dev",
    "zlib.h": "zlib1g-dev",
    "zmq.h": "libzmq3-dev",
    "zstd.h": "libzstd-dev",
}

_BY_FOLDER = {
    header.partition("/")[0]: packages
    for header, packages in _BY_HEADER.items()
    if "/" in header and not header.startswith("sys/")
}
"""Other headers of the same library stand beside those of the table."""

_BY_PROGRAM = {
    "R": "r-base-dev",
    "autoconf": "autoconf automake libtool",
    "autoreconf": "autoconf automake libtool",
    "bison": "bison",
    "cargo": "cargo",
    "cmake": "cmake",
    "cups-config": "libcups2-dev",
    "curl-config": "libcurl4-openssl-dev",
    "dot": "graphviz libgraphviz-dev",
    "flex": "flex",
    "freetype-config": "libfreetype-dev",
    "gdal-config": "libgdal-dev",
    "geos-config": "libgeos-dev",
    "gfortran": "gfortran",
    "git": "git",
    "go": "golang-go",
    "gpgme-config": "libgpgme-dev",
    "javac": "default-jdk-headless",
    "krb5-config": "libkrb5-dev",
    "libtoolize": "autoconf automake libtool",
    "llvm-config": "llvm-dev",
    "make": "make",
    "mariadb_config": "libmariadb-dev",
    "mysql_config": "default-libmysqlclient-dev pkg-config",
    "nc-config": "libnetcdf-dev",
    "net-snmp-config": "libsnmp-dev",
    "ninja": "ninja-build",
    "node": "nodejs npm",
    "npm": "nodejs npm",
    "pcre-config": "libpcre3-dev",
    "pg_config": "libpq-dev",
    "pkg-config": "pkg-config",
    "protoc": "protobuf-compiler",
    "rustc": "cargo",
    "sdl2-config": "libsdl2-dev",
    "swig": "swig",
    "xml2-config": "libxml2-dev libxslt1-dev",
    "xslt-config": "libxml2-dev libxslt1-dev",
}

_BY_PKG_CONFIG = {
    "cairo": "libcairo2-dev",
    "dbus-1": "libdbus-1-dev libglib2.0-dev",
    "fuse": "libfuse-dev",
    "fuse3": "libfuse3-dev",
    "girepository-2.0": "libgirepository-2.0-dev",
    "glib-2.0": "libglib2.0-dev",
    "gobject-introspection-1.0": "libgirepository1.0-dev",
    "hdf5": "libhdf5-dev",
    "icu-i18n": "libicu-dev",
    "icu-uc": "libicu-dev",
    "lapack": "liblapack-dev",
    "libavformat": "libavformat-dev libavdevice-dev libavfilter-dev",
    "libffi": "libffi-dev",
    "libgit2": "libgit2-dev",
    "libmariadb": "libmariadb-dev",
    "libpq": "libpq-dev",
    "libsecret-1": "libsecret-1-dev",
    "libsodium": "libsodium-dev",
    "libsystemd": "libsystemd-dev",
    "libvirt": "libvirt-dev",
    "libxml-2.0": "libxml2-dev libxslt1-dev",
    "libzmq": "libzmq3-dev",
    "mariadb": "libmariadb-dev",
    "mysqlclient": "default-libmysqlclient-dev pkg-config",
    "openblas": "libopenblas-dev",
    "openssl": "libssl-dev",
    "pangocairo": "libpango1.0-dev",
    "proj": "libproj-dev",
    "vips": "libvips-dev",
    "xmlsec1": "libxmlsec1-dev pkg-config",
}

_BY_LIBRARY = {
    "blas": "libopenblas-dev",
    "crypt": "libcrypt-dev",
    "crypto": "libssl-dev",
    "ffi": "libffi-dev",
    "geos_c": "libgeos-dev",
    "gmp": "libgmp-dev",
    "hdf5": "libhdf5-dev",
    "jpeg": "libjpeg-dev",
    "lapack": "liblapack-dev",
    "mysqlclient": "default-libmysqlclient-dev",
    "openblas": "libopenblas-dev",
    "pq": "libpq-dev",
    "ssl": "libssl-dev",
    "stdc++": "g++",
    "xml2": "libxml2-dev",
    "z": "zlib1g-dev",
}

_KINDS = (
    (
        re.compile(
            r"fatal error: (?P<word>\S{1,200}\.h\w{0,3}): No such file"
            r"|'(?P<other>[^\s']{1,200}\.h)' file not found"
            r"|Cannot open include file: '(?P<third>[^\s']{1,200}\.h)'"
        ),
        "the C header {}",
        _BY_HEADER,
    ),
    (
        re.compile(
            r"Dependency \"(?P<word>[\w.+-]{1,80})\" not found"
            r"|No package '(?P<other>[\w.+-]{1,80})' found"
            r"|Package (?P<third>[\w.+-]{1,80}) was not found in the pkg-config search path"
        ),
        "the library {}",
        _BY_PKG_CONFIG,
    ),
    (
        re.compile(
            r"(?:No such file or directory: ['\"](?P<word>[\w+.-]{1,40})['\"]"
            r"|(?:^|[:\s`'\"])(?P<other>[\w+.-]{1,40})['\"`]?: (?:command )?not found"
            r"|Could not find `(?P<third>[\w+.-]{1,40})` executable"
            r"|command '(?P<fourth>[\w+.-]{1,40})' failed: No such file"
            r"|(?P<fifth>[\w+.-]{1,40}) executable not found"
            r"|Program '(?P<sixth>[\w+.-]{1,40})[^']{0,80}' not found)",
            re.MULTILINE,
        ),
        "the program {}",
        _BY_PROGRAM,
    ),
    (
        re.compile(
            r"cannot find -l(?P<word>[\w+.-]{1,80}?):?\s"
            r"|\blib(?P<other>[\w+-]{1,80})\.so[\w.]{0,20}: cannot open shared object"
            r"|Could not find library (?P<third>[\w+.-]{1,80})\b"
        ),
        "the library {}",
        _BY_LIBRARY,
    ),
)
"""How compilers, pkg-config, Meson, linkers, shells and Python say it; what it is called; its table."""


def lacking(text: str) -> Lacking | None:
    """text: what a builder has printed. A thing whose package is known is told before one that is only named;
    an unknown program may be one that the builder can do without."""
    found = list(_found(text))
    known = next((each for each in found if each.packages), None)
    return known or next((each for each in found if not each.what.startswith("the program")), None)


def _found(text: str) -> Iterator[Lacking]:
    for pattern, what, table in _KINDS:
        for match in pattern.finditer(text):
            word = next(filter(None, match.groups()))
            yield Lacking(
                what.format(word), word, table.get(word) or _BY_FOLDER.get(word.partition("/")[0], "")
            )
