dnl SPDX-License-Identifier: BSD-3-Clause

dnl BNS_NEED_PKG(VARIABLE, PKG-CONFIG-SPEC, DEBIAN-PACKAGE)
AC_DEFUN([BNS_NEED_PKG], [
	PKG_CHECK_MODULES([$1], [$2], [],
		[AC_MSG_ERROR([$2 is missing or too old. On Debian: apt-get install $3])])
])

AC_DEFUN([BNS_NEED_C11], [
	AX_BNS_FLAG([-std=c11], [BNS_CFLAGS])
	AC_SUBST([BNS_CFLAGS])
	AC_SUBST([BNS_LDFLAGS])
])

dnl AX_BNS_FLAG(FLAG, VARIABLE): adds FLAG to VARIABLE where the compiler takes it.
AC_DEFUN([AX_BNS_FLAG], [
	AC_MSG_CHECKING([whether $CC takes $1])
	bns_saved_cflags=$CFLAGS
	CFLAGS="$CFLAGS -Werror $1"
	AC_LINK_IFELSE([AC_LANG_PROGRAM([[]], [[]])],
		[AC_MSG_RESULT([yes]); $2="$$2 $1"],
		[AC_MSG_RESULT([no])])
	CFLAGS=$bns_saved_cflags
])

AC_DEFUN([BNS_HARDENING], [
	for flag in -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Werror=vla \
		-Werror=implicit-function-declaration -fstack-protector-strong -fstack-clash-protection -fno-plt; do
		AX_BNS_FLAG([$flag], [BNS_CFLAGS])
	done
	AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror], [treat warnings as errors])])
	AS_IF([test "x$enable_werror" = xyes], [BNS_CFLAGS="$BNS_CFLAGS -Werror"])
	AX_BNS_FLAG([-Wl,-z,relro], [BNS_LDFLAGS])
	AX_BNS_FLAG([-Wl,-z,now], [BNS_LDFLAGS])
	AX_BNS_FLAG([-pie], [BNS_PIE_LDFLAGS])
	AC_SUBST([BNS_PIE_LDFLAGS])
])

dnl BNS_SANITIZER(NAME, GCC-NAME, TEXT): --enable-NAME
AC_DEFUN([BNS_SANITIZER], [
	AC_ARG_ENABLE([$1], [AS_HELP_STRING([--enable-$1], [build with $3])])
	AS_IF([test "x$enable_$1" = xyes], [
		BNS_SANITIZE="$BNS_SANITIZE $2"
		BNS_CFLAGS="$BNS_CFLAGS -fsanitize=$2 -fno-omit-frame-pointer"
		BNS_LDFLAGS="$BNS_LDFLAGS -fsanitize=$2"
	])
	dnl _FORTIFY_SOURCE hides what sanitizers look for.
	AC_SUBST([BNS_FORTIFY])
	AS_IF([test -n "$BNS_SANITIZE"], [BNS_FORTIFY=], [BNS_FORTIFY="-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"])
])
