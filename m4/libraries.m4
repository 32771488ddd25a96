# CAROM_APR
# ---------
# By pkg-config; by apr-1-config where a system leaves the .pc file out.
# APR_CFLAGS=… APR_LIBS=… on the command line go before both.
AC_DEFUN([CAROM_APR], [
PKG_CHECK_MODULES([APR], [apr-1 >= 1.6],
  [carom_apr_version=`$PKG_CONFIG --modversion apr-1 2>/dev/null`
  PC_APR=apr-1],
  [AC_PATH_PROGS([APR_CONFIG], [apr-1-config apr-config])
  AS_IF([test -n "$APR_CONFIG" && test "$cross_compiling" = no],
    [APR_CFLAGS="`$APR_CONFIG --cppflags` `$APR_CONFIG --includes`"
    APR_LIBS=`$APR_CONFIG --link-ld`
    carom_apr_version=`$APR_CONFIG --version`
    PC_APR=],
    [AC_MSG_ERROR([carom needs APR 1.6 or newer, which pkg-config does not find.
Install its development package (libapr1-dev, apr-devel, apr-dev, apr) or run
./bootstrap, which does; for an APR elsewhere see "Search paths" in INSTALL.])])])
AS_IF([test -z "$carom_apr_version"], [carom_apr_version=given PC_APR=])
CAROM_SYSTEM_HEADERS([APR_CFLAGS])
carom_save_cppflags=$CPPFLAGS carom_save_libs=$LIBS
CPPFLAGS="$CPPFLAGS $APR_CFLAGS" LIBS="$APR_LIBS $LIBS"
AC_CACHE_CHECK([whether programs link with APR 1.6 or newer], [carom_cv_apr],
  [AC_LINK_IFELSE([AC_LANG_PROGRAM([[
#include <apr_general.h>
#include <apr_version.h>
#if APR_MAJOR_VERSION != 1 || APR_MINOR_VERSION < 6
#error too old
#endif
#if !APR_HAS_THREADS
#error no threads
#endif
    ]], [[apr_initialize();]])], [carom_cv_apr=yes], [carom_cv_apr=no])])
CPPFLAGS=$carom_save_cppflags LIBS=$carom_save_libs
AS_IF([test "$carom_cv_apr" = no],
  [AC_MSG_ERROR([no program can be linked with this APR, or it is older than 1.6
or made without threads: APR_CFLAGS="$APR_CFLAGS" APR_LIBS="$APR_LIBS"; see config.log])])
])

# CAROM_SYSTEM_HEADERS(VARIABLE)
# ------------------------------
# Our warnings are about our code: what others' headers do is theirs.
AC_DEFUN([CAROM_SYSTEM_HEADERS], [
$1=`AS_ECHO(["$$1"]) | $SED 's/^-I/-isystem /; s/ -I/ -isystem /g'`
])

# CAROM_CUNIT
# -----------
# For the harness and the tests only.
AC_DEFUN([CAROM_CUNIT], [
PKG_CHECK_MODULES([CUNIT], [cunit >= 2.1], [carom_cunit=yes], [carom_cunit=no])
CAROM_SYSTEM_HEADERS([CUNIT_CFLAGS])
AM_CONDITIONAL([HAVE_CUNIT], [test "$carom_cunit" = yes])
])

# CAROM_HARNESS
# -------------
# Whether libcarom-harness is installed.  The tests have it in any case.
AC_DEFUN([CAROM_HARNESS], [
AC_ARG_ENABLE([harness],
  [AS_HELP_STRING([--disable-harness], [do not install libcarom-harness, for tests on carom @<:@install it where CUnit is@:>@])],
  [], [enable_harness=auto])
AS_IF([test "$enable_harness" = yes && test "$carom_cunit" != yes],
  [AC_MSG_ERROR([libcarom-harness stands on CUnit 2.1, which was not found])])
AM_CONDITIONAL([HARNESS], [test "$enable_harness" != no && test "$carom_cunit" = yes])
])

# CAROM_EXECINFO
# --------------
# For the harness only: a thread's view of its own stack.
AC_DEFUN([CAROM_EXECINFO], [
AC_CACHE_CHECK([for backtrace_symbols_fd], [carom_cv_execinfo],
  [AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <execinfo.h>]],
    [[void *frame; backtrace_symbols_fd(&frame, backtrace(&frame, 1), 2);]])],
    [carom_cv_execinfo=yes], [carom_cv_execinfo=no])])
AM_CONDITIONAL([EXECINFO], [test "$carom_cv_execinfo" = yes])
])

# CAROM_PEER(VARIABLE, MODULE, NAME)
# ----------------------------------
# A library that the benchmarks compare carom with; absent is fine.
AC_DEFUN([CAROM_PEER], [
PKG_CHECK_MODULES([$1], [$2],
  [carom_peer=yes
  AS_VAR_APPEND([carom_peers], [" $3"])],
  [carom_peer=no])
AM_CONDITIONAL([HAVE_$1], [test "$carom_peer" = yes])
])

AC_DEFUN([CAROM_PEERS], [
carom_peers=
CAROM_PEER([ZMQ], [libzmq], [ZeroMQ])
CAROM_PEER([MPI], [ompi-c], [Open MPI])
# Debian's nng comes without a .pc file.
AC_ARG_VAR([NNG_CFLAGS], [C compiler flags for nng])
AC_ARG_VAR([NNG_LIBS], [linker flags for nng, by default -lnng])
AC_CACHE_CHECK([for nng], [carom_cv_nng],
  [carom_save_cppflags=$CPPFLAGS carom_save_libs=$LIBS
  CPPFLAGS="$CPPFLAGS $NNG_CFLAGS" LIBS="${NNG_LIBS--lnng} $LIBS"
  AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <nng/nng.h>
#include <nng/protocol/pair0/pair.h>]],
    [[nng_socket s; return nng_pair0_open(&s);]])], [carom_cv_nng=yes], [carom_cv_nng=no])
  CPPFLAGS=$carom_save_cppflags LIBS=$carom_save_libs])
AS_IF([test "$carom_cv_nng" = yes],
  [NNG_LIBS=${NNG_LIBS--lnng}
  AS_VAR_APPEND([carom_peers], [" nng"])])
AM_CONDITIONAL([HAVE_NNG], [test "$carom_cv_nng" = yes])
# Headers alone, in C++, which the rest of the build does without.
AC_CACHE_CHECK([for Boost.Interprocess], [carom_cv_boost],
  [AS_IF([echo '#include <boost/interprocess/ipc/message_queue.hpp>' |
    ${CXX:-false} -x c++ -fsyntax-only - >&AS_MESSAGE_LOG_FD 2>&1], [carom_cv_boost=yes], [carom_cv_boost=no])])
AS_IF([test "$carom_cv_boost" = yes], [AS_VAR_APPEND([carom_peers], [" Boost"])])
AM_CONDITIONAL([HAVE_BOOST], [test "$carom_cv_boost" = yes])
])
