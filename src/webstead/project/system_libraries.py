"""Which package of Debian (and of Ubuntu, which takes most names over) has a shared library: facts, by the
name that programs ask for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

__all__ = ["TABLE", "how_to_install", "libraries", "package_of_library"]

TABLE = """
libEGL.so.1 libegl1
libGL.so.1 libgl1
libGLESv2.so.2 libgles2
libGLU.so.1 libglu1-mesa
libGLX.so.0 libglx0
libICE.so.6 libice6
libMagickCore-6.Q16.so.6 libmagickcore-6.q16-6
libMagickWand-6.Q16.so.6 libmagickwand-6.q16-6
libOpenCL.so.1 ocl-icd-libopencl1
libOpenGL.so.0 libopengl0
libSDL2-2.0.so.0 libsdl2-2.0-0
libSM.so.6 libsm6
libX11-xcb.so.1 libx11-xcb1
libX11.so.6 libx11-6
libXau.so.6 libxau6
libXcomposite.so.1 libxcomposite1
libXcursor.so.1 libxcursor1
libXdamage.so.1 libxdamage1
libXdmcp.so.6 libxdmcp6
libXext.so.6 libxext6
libXfixes.so.3 libxfixes3
libXft.so.2 libxft2
libXi.so.6 libxi6
libXinerama.so.1 libxinerama1
libXrandr.so.2 libxrandr2
libXrender.so.1 libxrender1
libXss.so.1 libxss1
libXt.so.6 libxt6
libXtst.so.6 libxtst6
libXxf86vm.so.1 libxxf86vm1
libaio.so.1 libaio1
libarchive.so.13 libarchive13
libasound.so.2 libasound2
libatk-1.0.so.0 libatk1.0-0
libatk-bridge-2.0.so.0 libatk-bridge2.0-0
libatomic.so.1 libatomic1
libatspi.so.0 libatspi2.0-0
libavcodec.so.59 libavcodec59
libavformat.so.59 libavformat59
libavutil.so.57 libavutil57
libblas.so.3 libblas3
libbrotlidec.so.1 libbrotli1
libbz2.so.1.0 libbz2-1.0
libcairo-gobject.so.2 libcairo-gobject2
libcairo.so.2 libcairo2
libcblas.so.3 libatlas3-base
libcups.so.2 libcups2
libcurl-gnutls.so.4 libcurl3-gnutls
libcurl.so.4 libcurl4
libdbus-1.so.3 libdbus-1-3
libdrm.so.2 libdrm2
libedit.so.2 libedit2
libenchant-2.so.2 libenchant-2-2
libev.so.4 libev4
libevent-2.1.so.7 libevent-2.1-7
libexpat.so.1 libexpat1
libffi.so.6 libffi6
libffi.so.7 libffi7
libffi.so.8 libffi8
libfftw3.so.3 libfftw3-double3
libfontconfig.so.1 libfontconfig1
libfreetype.so.6 libfreetype6
libfribidi.so.0 libfribidi0
libgbm.so.1 libgbm1
libgcc_s.so.1 libgcc-s1
libgdal.so.32 libgdal32
libgdbm.so.6 libgdbm6
libgdk-3.so.0 libgtk-3-0
libgdk_pixbuf-2.0.so.0 libgdk-pixbuf-2.0-0
libgeos_c.so.1 libgeos-c1v5
libgfortran.so.5 libgfortran5
libgif.so.7 libgif7
libgio-2.0.so.0 libglib2.0-0
libgirepository-1.0.so.1 libgirepository-1.0-1
libglib-2.0.so.0 libglib2.0-0
libgmp.so.10 libgmp10
libgnutls.so.30 libgnutls30
libgobject-2.0.so.0 libglib2.0-0
libgomp.so.1 libgomp1
libgpgme.so.11 libgpgme11
libgraphviz.so.6 libgraphviz
libgsl.so.27 libgsl27
libgssapi_krb5.so.2 libgssapi-krb5-2
libgstreamer-1.0.so.0 libgstreamer1.0-0
libgthread-2.0.so.0 libglib2.0-0
libgtk-3.so.0 libgtk-3-0
libharfbuzz.so.0 libharfbuzz0b
libhdf5.so.103 libhdf5-103-1
libhdf5_serial.so.103 libhdf5-103-1
libicudata.so.72 libicu72
libicui18n.so.72 libicu72
libicuuc.so.72 libicu72
libidn2.so.0 libidn2-0
libjpeg.so.62 libjpeg62-turbo
libjpeg.so.8 libjpeg-turbo8
libkrb5.so.3 libkrb5-3
liblapack.so.3 liblapack3
liblber-2.5.so.0 libldap-2.5-0
liblcms2.so.2 liblcms2-2
libldap-2.5.so.0 libldap-2.5-0
libleveldb.so.1d libleveldb1d
liblmdb.so.0 liblmdb0
libltdl.so.7 libltdl7
liblz4.so.1 liblz4-1
liblzma.so.5 liblzma5
liblzo2.so.2 liblzo2-2
libmagic.so.1 libmagic1
libmariadb.so.3 libmariadb3
libmemcached.so.11 libmemcached11
libmp3lame.so.0 libmp3lame0
libmpfr.so.6 libmpfr6
libmpi.so.40 libopenmpi3
libmysqlclient.so.21 libmysqlclient21
libncurses.so.6 libncurses6
libncursesw.so.6 libncursesw6
libnetcdf.so.19 libnetcdf19
libnghttp2.so.14 libnghttp2-14
libnspr4.so libnspr4
libnss3.so libnss3
libnssutil3.so libnss3
libnuma.so.1 libnuma1
libodbc.so.2 unixodbc
libodbcinst.so.2 unixodbc
libogg.so.0 libogg0
libopenblas.so.0 libopenblas0
libopenjp2.so.7 libopenjp2-7
libopus.so.0 libopus0
libpango-1.0.so.0 libpango-1.0-0
libpangocairo-1.0.so.0 libpangocairo-1.0-0
libpangoft2-1.0.so.0 libpangoft2-1.0-0
libpcap.so.0.8 libpcap0.8
libpcre.so.3 libpcre3
libpcre2-8.so.0 libpcre2-8-0
libpixman-1.so.0 libpixman-1-0
libpng16.so.16 libpng16-16
libpoppler-cpp.so.0 libpoppler-cpp0v5
libportaudio.so.2 libportaudio2
libpq.so.5 libpq5
libproj.so.25 libproj25
libpulse.so.0 libpulse0
libpython3.11.so.1.0 libpython3.11
libpython3.12.so.1.0 libpython3.12
libpython3.13.so.1.0 libpython3.13
librabbitmq.so.4 librabbitmq4
librdkafka.so.1 librdkafka1
libreadline.so.8 libreadline8
librsvg-2.so.2 librsvg2-2
libsasl2.so.2 libsasl2-2
libsecret-1.so.0 libsecret-1-0
libsnappy.so.1 libsnappy1v5
libsndfile.so.1 libsndfile1
libsodium.so.23 libsodium23
libspatialindex.so.6 libspatialindex6
libspatialindex_c.so.6 libspatialindex6
libspatialite.so.7 libspatialite7
libsqlite3.so.0 libsqlite3-0
libssh.so.4 libssh-4
libssh2.so.1 libssh2-1
libssl.so.1.1 libssl1.1
libcrypto.so.1.1 libssl1.1
libssl.so.3 libssl3
libcrypto.so.3 libssl3
libstdc++.so.6 libstdc++6
libswresample.so.4 libswresample4
libswscale.so.6 libswscale6
libsybdb.so.5 libsybdb5
libsystemd.so.0 libsystemd0
libta_lib.so.0 libta-lib0
libtbb.so.12 libtbb12
libtcl8.6.so libtcl8.6
libtesseract.so.5 libtesseract5
libtiff.so.6 libtiff6
libtk8.6.so libtk8.6
libturbojpeg.so.0 libturbojpeg0
libudev.so.1 libudev1
libudunits2.so.0 libudunits2-0
libusb-1.0.so.0 libusb-1.0-0
libuuid.so.1 libuuid1
libuv.so.1 libuv1
libva.so.2 libva2
libvips.so.42 libvips42
libvorbis.so.0 libvorbis0a
libvpx.so.7 libvpx7
libwayland-client.so.0 libwayland-client0
libwebp.so.7 libwebp7
libwebpdemux.so.2 libwebpdemux2
libwebpmux.so.3 libwebpmux3
libxcb-icccm.so.4 libxcb-icccm4
libxcb-image.so.0 libxcb-image0
libxcb-keysyms.so.1 libxcb-keysyms1
libxcb-randr.so.0 libxcb-randr0
libxcb-render-util.so.0 libxcb-render-util0
libxcb-shape.so.0 libxcb-shape0
libxcb-shm.so.0 libxcb-shm0
libxcb-xinerama.so.0 libxcb-xinerama0
libxcb-xkb.so.1 libxcb-xkb1
libxcb.so.1 libxcb1
libxkbcommon-x11.so.0 libxkbcommon-x11-0
libxkbcommon.so.0 libxkbcommon0
libxml2.so.2 libxml2
libxmlsec1-openssl.so.1 libxmlsec1-openssl
libxmlsec1.so.1 libxmlsec1
libxslt.so.1 libxslt1.1
libyaml-0.so.2 libyaml-0-2
libz.so.1 zlib1g
libzbar.so.0 libzbar0
libzmq.so.5 libzmq5
libzstd.so.1 libzstd1
"""


@cache
def libraries() -> Mapping[str, str]:
    """The table: the package, by the library's name."""
    pairs = (line.partition(" ") for line in TABLE.splitlines() if line)
    return {name: package for name, _, package in pairs}


def package_of_library(name: str) -> str | None:
    """The Debian package; that of another version of the library is none."""
    return libraries().get(name)


def how_to_install(*names: str) -> str:
    """What to type for these libraries: Debian's names; a build with REQUIRED_OS_PACKAGES installs them."""
    packages = list(dict.fromkeys(filter(None, map(package_of_library, names))))
    unknown = [name for name in names if package_of_library(name) is None]
    parts = []
    if packages:
        setting = f"REQUIRED_OS_PACKAGES={','.join(packages)}"
        parts.append(f"apt-get install {' '.join(packages)}, or set {setting}.")
    if unknown:
        which = ", ".join(unknown)
        parts.append(f"Install the system package that has {which}; `apt-file search {unknown[0]}` names it.")
    return " ".join(parts)
