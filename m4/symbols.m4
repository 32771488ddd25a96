# CAROM_SYMBOLS
# -------------
# Only carom_ names leave the shared library: by hidden visibility, and on
# ELF also by a version script, which the linker has to know.
AC_DEFUN([CAROM_SYMBOLS], [
CAROM_CFLAG([-fvisibility=hidden])
AC_CACHE_CHECK([whether the linker takes a version script], [carom_cv_map],
  [echo "CAROM_0 { global: carom_@<:@!_@:>@*; local: *; };" > conftest.map
  carom_save=$LDFLAGS
  LDFLAGS="$LDFLAGS -shared -Wl,--version-script=conftest.map"
  AC_LINK_IFELSE([AC_LANG_SOURCE([[int carom_probe(void); int carom_probe(void) { return 0; }]])],
    [carom_cv_map=yes], [carom_cv_map=no])
  LDFLAGS=$carom_save])
AS_IF([test "$carom_platform" = windows], [carom_cv_map=no])
AM_CONDITIONAL([VERSION_SCRIPT], [test "$carom_cv_map" = yes])
])

# CAROM_BIND_NOW
# --------------
# The library's calls are bound when it is loaded, where the linker can: a
# start by spawn costs the same, and forks do not bind each for itself what
# their parent never called (25 of 285 us).  Sets CAROM_BIND_NOW_LDFLAGS.
AC_DEFUN([CAROM_BIND_NOW], [
AC_CACHE_CHECK([whether the linker takes -z now], [carom_cv_bind_now],
  [carom_save=$LDFLAGS
  LDFLAGS="$LDFLAGS -shared -Wl,-z,now"
  AC_LINK_IFELSE([AC_LANG_SOURCE([[int carom_probe(void); int carom_probe(void) { return 0; }]])],
    [carom_cv_bind_now=yes], [carom_cv_bind_now=no])
  LDFLAGS=$carom_save])
CAROM_BIND_NOW_LDFLAGS=
AS_IF([test "$carom_cv_bind_now" = yes && test "$carom_platform" = unix], [CAROM_BIND_NOW_LDFLAGS=-Wl,-z,now])
])
