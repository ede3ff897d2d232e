dnl SPDX-License-Identifier: BSD-3-Clause

dnl BNS_NEED_PKG(VARIABLE, PKG-CONFIG-SPEC, DEBIAN-PACKAGE)
AC_DEFUN([BNS_NEED_PKG], [
	PKG_CHECK_MODULES([$1], [$2], [],
		[AC_MSG_ERROR([$2 is missing or too old. On Debian: apt-get install $3])])
])

dnl BNS_WANT_PKG(VARIABLE, PKG-CONFIG-SPEC, DEBIAN-PACKAGE, PLUGIN): without it all is built but that plugin.
AC_DEFUN([BNS_WANT_PKG], [
	PKG_CHECK_MODULES([$1], [$2], [bns_have_$1=yes], [bns_have_$1=no
		AC_MSG_WARN([$2 is missing or too old: the plugin '$4' will not be built. On Debian: apt-get install $3])])
	AM_CONDITIONAL([HAVE_$1], [test "$bns_have_$1" = yes])
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

dnl --enable-fuzzing: all is built for libFuzzer, the targets in tests/fuzz with its main.
AC_DEFUN([BNS_FUZZING], [
	AC_ARG_ENABLE([fuzzing], [AS_HELP_STRING([--enable-fuzzing], [build tests/fuzz with libFuzzer; needs CC=clang])])
	AS_IF([test "x$enable_fuzzing" = xyes], [
		bns_saved_cflags=$CFLAGS
		CFLAGS="$CFLAGS -fsanitize=fuzzer-no-link,address,undefined"
		AC_LINK_IFELSE([AC_LANG_PROGRAM([[]], [[]])], [],
			[AC_MSG_ERROR([$CC has no libFuzzer. Use CC=clang; on Debian: apt-get install clang libclang-rt-dev])])
		CFLAGS=$bns_saved_cflags
		BNS_SANITIZE="$BNS_SANITIZE address undefined"
		BNS_CFLAGS="$BNS_CFLAGS -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all"
		BNS_CFLAGS="$BNS_CFLAGS -fno-omit-frame-pointer"
		BNS_LDFLAGS="$BNS_LDFLAGS -fsanitize=address,undefined"
		BNS_FUZZ_LDFLAGS=-fsanitize=fuzzer
		dnl Clang's sanitizers lie in the program: a plugin finds them when it is loaded.
		LDFLAGS="$LDFLAGS -Wl,-z,undefs"
		BNS_FORTIFY=
	])
	AC_SUBST([BNS_FUZZ_LDFLAGS])
	AM_CONDITIONAL([BNS_FUZZING], [test "x$enable_fuzzing" = xyes])
])

dnl --enable-coverage: what `make coverage` builds with.
AC_DEFUN([BNS_COVERAGE], [
	AC_ARG_ENABLE([coverage], [AS_HELP_STRING([--enable-coverage], [count lines and branches for gcov; needs gcc])])
	AS_IF([test "x$enable_coverage" = xyes], [
		BNS_CFLAGS="$BNS_CFLAGS --coverage -O0"
		BNS_LDFLAGS="$BNS_LDFLAGS --coverage"
		BNS_FORTIFY=
		CFLAGS=-g
	])
])

dnl BNS_UNIT_DIR(NAME, VARIABLE, DEFAULT): --with-NAME=DIR
AC_DEFUN([BNS_UNIT_DIR], [
	AC_ARG_WITH([$1], [AS_HELP_STRING([--with-$1=DIR], [default $3])], [$2=$withval], [$2='$3'])
	AC_SUBST([$2])
])

dnl Below the prefix systemd looks too; --without-systemdsystemunitdir installs no units.
AC_DEFUN([BNS_SYSTEMD_UNITS], [
	BNS_UNIT_DIR([systemdsystemunitdir], [BNS_SYSTEMDSYSTEMUNITDIR], [${prefix}/lib/systemd/system])
	BNS_UNIT_DIR([sysusersdir], [BNS_SYSUSERSDIR], [${prefix}/lib/sysusers.d])
	BNS_UNIT_DIR([tmpfilesdir], [BNS_TMPFILESDIR], [${prefix}/lib/tmpfiles.d])
	AM_CONDITIONAL([BNS_UNITS], [test "x$BNS_SYSTEMDSYSTEMUNITDIR" != xno])
])

dnl --without-seccomp; otherwise where libseccomp is there. Sanitizers look into processes by calls that a filter refuses.
AC_DEFUN([BNS_WANT_SECCOMP], [
	AC_ARG_WITH([seccomp], [AS_HELP_STRING([--without-seccomp], [filter no system calls])], [],
		[AS_IF([test -n "$BNS_SANITIZE"], [with_seccomp=no], [with_seccomp=check])])
	AS_IF([test "x$with_seccomp" != xno], [
		PKG_CHECK_MODULES([SECCOMP], [libseccomp >= 2.5], [with_seccomp=yes], [
			AS_IF([test "x$with_seccomp" = xyes],
				[AC_MSG_ERROR([libseccomp >= 2.5 is missing. On Debian: apt-get install libseccomp-dev])])
			with_seccomp=no
		])
	])
	AM_CONDITIONAL([BNS_SECCOMP], [test "x$with_seccomp" = xyes])
])

dnl BNS_CHECK_XDP: the plugin that answers in the kernel, where libbpf and a clang for the BPF target are there.
dnl Its tables rely on x86-64's order of loads and stores.
AC_DEFUN([BNS_CHECK_XDP], [
	AC_CANONICAL_HOST
	AC_ARG_ENABLE([xdp],
		[AS_HELP_STRING([--disable-xdp], [build without the plugin xdp (default: with it, where it can be built)])])
	BNS_WANT_PKG([BPF], [libbpf >= 1.0], [libbpf-dev], [xdp])
	AC_PATH_PROG([BPF_CLANG], [clang])
	bns_xdp=yes
	AS_IF([test "x$enable_xdp" = xno], [bns_xdp=no],
		[test "$bns_have_BPF" != yes], [bns_xdp="no, libbpf is missing"],
		[test -z "$BPF_CLANG"], [bns_xdp="no, clang is missing"],
		[test "$host_cpu" != x86_64], [bns_xdp="no, it is for x86-64 so far"])
	AC_MSG_CHECKING([whether the plugin xdp is built])
	AC_MSG_RESULT([$bns_xdp])
	AS_IF([test "x$enable_xdp" = xyes && test "$bns_xdp" != yes], [AC_MSG_ERROR([the plugin xdp: $bns_xdp])])
	bns_multiarch=`$CC -print-multiarch 2>/dev/null`
	AC_SUBST([BPF_TARGET_CPPFLAGS], ["-I/usr/include/$bns_multiarch"])
	AM_CONDITIONAL([BUILD_XDP], [test "$bns_xdp" = yes])
])
