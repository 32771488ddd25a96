# CAROM_PROG_C11
# --------------
# C11 or newer.  Autoconf 2.70 and later ask the compiler for it; for older
# ones this says so when the compiler's own default is too old.
AC_DEFUN([CAROM_PROG_C11], [
AC_CACHE_CHECK([whether $CC speaks C11], [carom_cv_c11],
  [AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
#include <stddef.h>
_Static_assert(sizeof(char) == 1, "C11");
#define kind(x) _Generic((x), int: 1, default: 2)
    ]], [[max_align_t most; (void) most; return kind(0) - 1;]])],
    [carom_cv_c11=yes], [carom_cv_c11=no])])
AS_IF([test "$carom_cv_c11" = no],
  [AC_MSG_ERROR([carom needs a C11 compiler; try CC="$CC -std=gnu11"])])
])

# CAROM_CFLAG(FLAG)
# -----------------
# Adds FLAG to CAROM_CFLAGS when the compiler takes it.  -Werror is for
# compilers that only warn of an option they do not know.
AC_DEFUN([CAROM_CFLAG], [dnl
AS_VAR_PUSHDEF([carom_known], [carom_cv_cflag_$1])dnl
AC_CACHE_CHECK([whether $CC takes $1], [carom_known],
  [carom_save=$CFLAGS
  CFLAGS="$CFLAGS -Werror $1"
  AC_COMPILE_IFELSE([AC_LANG_PROGRAM()],
    [AS_VAR_SET([carom_known], [yes])], [AS_VAR_SET([carom_known], [no])])
  CFLAGS=$carom_save])
AS_VAR_IF([carom_known], [yes], [CAROM_CFLAGS="$CAROM_CFLAGS $1"])
AS_VAR_POPDEF([carom_known])dnl
])

# CAROM_WARNINGS
# --------------
# Always on, never errors unless asked for: a newer compiler must not break
# a build that is somebody else's.  Not in the list: -Wconversion and
# -Wsign-conversion (hundreds of casts that say nothing), -Wpadded,
# -Wdeclaration-after-statement (C11 is wanted).
AC_DEFUN([CAROM_WARNINGS], [
m4_foreach_w([carom_flag],
  [-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
   -Wold-style-definition -Wpointer-arith -Wwrite-strings
   -Wvla -Wundef -Wformat=2 -Winit-self -Wlogical-op -Wduplicated-cond
   -Wredundant-decls -Wnested-externs -Wimplicit-fallthrough -Wdate-time],
  [CAROM_CFLAG(carom_flag)])
AC_ARG_ENABLE([werror],
  [AS_HELP_STRING([--enable-werror], [take compiler warnings for errors])],
  [], [enable_werror=no])
])

# CAROM_SANITIZER
# ---------------
AC_DEFUN([CAROM_SANITIZER], [
AC_ARG_ENABLE([sanitizer],
  [AS_HELP_STRING([--enable-sanitizer=LIST],
    [build with sanitizers, such as address,undefined or thread])],
  [], [enable_sanitizer=no])
AS_CASE([$enable_sanitizer],
  [no], [],
  [yes | ''], [AC_MSG_ERROR([--enable-sanitizer wants a list, such as address,undefined])],
  [carom_save=$CFLAGS
  carom_sanitize="-fsanitize=$enable_sanitizer -fno-omit-frame-pointer"
  AS_CASE([,$enable_sanitizer,], [*,undefined,*],
    [carom_sanitize="$carom_sanitize -fno-sanitize-recover=undefined"])
  AC_MSG_CHECKING([whether $CC has the sanitizers $enable_sanitizer])
  CFLAGS="$CFLAGS $carom_sanitize"
  AC_LINK_IFELSE([AC_LANG_PROGRAM()], [AC_MSG_RESULT([yes])],
    [AC_MSG_RESULT([no])
    AC_MSG_ERROR([$CC cannot link with $carom_sanitize])])
  CFLAGS=$carom_save
  CAROM_CFLAGS="$CAROM_CFLAGS $carom_sanitize"
  CAROM_LDFLAGS="$CAROM_LDFLAGS $carom_sanitize"])
])

# CAROM_PROG_CXX
# --------------
# For one test: the headers in a C++ program.  The compiler of CC's family
# comes first, because the sanitizers of two families do not mix.
AC_DEFUN([CAROM_PROG_CXX], [
AC_ARG_VAR([CXX], [C++ compiler, for one test only; none is fine])
AS_IF([test "$cross_compiling" = yes],
  [AC_CHECK_PROGS([CXX], [$host_alias-g++ $host_alias-c++ $host_alias-clang++])],
  [AS_CASE([$CC],
    [*clang*], [AC_CHECK_PROGS([CXX], [clang++ c++ g++])],
    [AC_CHECK_PROGS([CXX], [g++ c++ clang++])])])
])
