# CAROM_CORE_FOLDER
# -----------------
# Autoconf deletes core dumps by name at every step, and gives up its final
# cleaning when that fails.  Here core/ is a folder: let it fail in silence.
AC_DEFUN([CAROM_CORE_FOLDER], [dnl
rm ()
{
  case " $[]* " in
    *" core "*) command rm "$[]@" 2>/dev/null || : ;;
    *) command rm "$[]@" ;;
  esac
}
])
