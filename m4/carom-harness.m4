# carom-harness.m4: for configure.ac of programs whose tests stand on
# libcarom-harness.

# CAROM_CHECK_HARNESS([MINIMUM-VERSION], [ACTION-IF-FOUND], [ACTION-IF-NOT-FOUND])
# --------------------------------------------------------------------------------
# Finds libcarom-harness by pkg-config.  Sets and substitutes
# CAROM_HARNESS_CFLAGS and CAROM_HARNESS_LIBS, and the conditional
# HAVE_CAROM_HARNESS for Makefile.am:
#
#   if HAVE_CAROM_HARNESS
#   check_PROGRAMS = tests
#   TESTS = tests
#   tests_CFLAGS = $(CAROM_HARNESS_CFLAGS)
#   tests_LDADD = $(CAROM_HARNESS_LIBS)
#   endif
#
# Not finding it is no error unless ACTION-IF-NOT-FOUND makes it one.
AC_DEFUN([CAROM_CHECK_HARNESS], [
AC_REQUIRE([PKG_PROG_PKG_CONFIG])
PKG_CHECK_MODULES([CAROM_HARNESS], [carom-harness[]m4_ifval([$1], [ >= $1])],
  [carom_have_harness=yes], [carom_have_harness=no])
AM_CONDITIONAL([HAVE_CAROM_HARNESS], [test "$carom_have_harness" = yes])
AS_IF([test "$carom_have_harness" = yes], [m4_default([$2], [:])], [m4_default([$3], [:])])
])
