/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Paths of the configuration. A zone's name becomes part of a path with every
 * octet but letters, digits, '-', '_', '*' and inner dots written as %XX: no
 * name leaves its folder or hides in it.
 */

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf_internal.h"

/* The absolute folder of a file that was read; asked for again and again by the zones of one file. */
static const char *folder_of(struct bns_conf_reader *r, const char *file)
{
	char text[PATH_MAX];
	if (r->folder_of == file)
		return r->folder;
	const char *slash = strrchr(file, '/');
	size_t len = slash ? (size_t)(slash - file) : 1;
	if (len >= sizeof(text))
		return NULL;
	memcpy(text, slash ? file : ".", len);
	text[len] = '\0';
	char *real = realpath(len ? text : "/", NULL);
	if (!real)
		return NULL;
	r->folder = bns_arena_strdup(r->arena, strcmp(real, "/") == 0 ? "" : real);
	r->folder_of = r->folder ? file : NULL;
	free(real);
	return r->folder;
}

char *bns_path_absolute(struct bns_conf_reader *r, const char *path, const char *file, bool pattern)
{
	if (path[0] == '/')
		return bns_arena_strdup(r->arena, path);
	const char *folder = folder_of(r, file);
	if (!folder)
		return NULL;
	/* In a pattern a percent sign of the folder's own counts twice. */
	char *out = bns_arena_bytes(r->arena, 2 * strlen(folder) + strlen(path) + 2);
	if (!out)
		return NULL;
	char *p = out;
	for (const char *c = folder; *c; c++) {
		if (pattern && *c == '%')
			*p++ = '%';
		*p++ = *c;
	}
	*p++ = '/';
	strcpy(p, path);
	return out;
}

static bool is_safe(const char *name, const char *c)
{
	if (*c == '.')
		return c > name;
	return (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || strchr("-_*", *c);
}

static char *put_escaped(char *p, const char *name)
{
	for (const char *c = name; *c; c++) {
		if (is_safe(name, c))
			*p++ = *c;
		else
			p += sprintf(p, "%%%02X", (unsigned)(unsigned char)*c);
	}
	return p;
}

static size_t escaped_len(const char *name)
{
	size_t len = 0;
	for (const char *c = name; *c; c++)
		len += is_safe(name, c) ? 1 : 3;
	return len;
}

/* No octet more: there may be a million of them. */
static size_t expanded_size(const char *pattern, const char *domain)
{
	size_t size = strlen(pattern) + 1;
	for (const char *c = pattern; (c = strchr(c, '%')); c += 2)
		size = size - 2 + (c[1] == 's' ? escaped_len(domain) : 1);
	return size;
}

/* The option's check has seen to it that a percent sign is followed by `s` or another one. */
char *bns_path_expand(struct bns_arena *arena, const char *pattern, const char *domain)
{
	char *out = bns_arena_bytes(arena, expanded_size(pattern, domain));
	if (!out)
		return NULL;
	char *p = out;
	for (const char *c = pattern; *c; c++) {
		if (*c != '%') {
			*p++ = *c;
			continue;
		}
		c++;
		if (*c == 's')
			p = put_escaped(p, domain);
		else
			*p++ = '%';
	}
	*p = '\0';
	return out;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

bool bns_path_unescape(const char *text, size_t len, char *out, size_t cap)
{
	size_t n = 0;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		if (c == '%') {
			if (len - i < 3 || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0)
				return false;
			c = (char)(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
			i += 2;
		}
		if (c == '\0' || n + 1 >= cap)
			return false;
		out[n++] = c;
	}
	out[n] = '\0';
	return true;
}
