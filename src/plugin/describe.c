/* SPDX-License-Identifier: BSD-3-Clause */
#include "plugin/describe.h"

#include <dlfcn.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <string.h>

#include "base/troff.h"
#include "plugin/plugin.h"

static const char *const kinds[] = {
	[BNS_OPTION_STRING] = "text",
	[BNS_OPTION_PATH] = "path",
	[BNS_OPTION_BOOL] = "true or false",
	[BNS_OPTION_INTEGER] = "number",
	[BNS_OPTION_DURATION] = "duration such as 10s",
	[BNS_OPTION_SIZE] = "size such as 512M",
	[BNS_OPTION_LIST] = "list",
};

/* Does it come into force with a start only? */
static bool waits_for_start(const struct bns_plugin_descriptor *d, const struct bns_option *o)
{
	for (const char *const *name = d->start_options; name && *name; name++)
		if (strcmp(*name, o->name) == 0)
			return true;
	return !d->prepare;
}

static void put_option(FILE *out, const struct bns_plugin_descriptor *d, const struct bns_option *o)
{
	fputs(".TP\n.BR ", out);
	bns_troff_put(out, o->name);
	fprintf(out, " \" (%s", kinds[o->type]);
	fputs(!o->default_text ? "; required" : *o->default_text ? "; default " : "", out);
	if (o->default_text)
		bns_troff_put(out, o->default_text);
	fputs(waits_for_start(d, o) ? "; restart)\"\n" : ")\"\n", out);
	bns_troff_put_sentence(out, o->help);
}

static void put_command(FILE *out, const struct bns_plugin_command *c)
{
	fputs(".TP\n.B brandnsctl ", out);
	bns_troff_put(out, c->verb);
	if (c->usage && *c->usage) {
		fputc(' ', out);
		bns_troff_put(out, c->usage);
	}
	fputs(c->admin ? " *\n" : "\n", out);
	bns_troff_put_sentence(out, c->help);
}

static void put_plugin(FILE *out, const struct bns_plugin_descriptor *d)
{
	fputs(".SS ", out);
	bns_troff_put(out, d->name);
	fputc('\n', out);
	bns_troff_put_sentence(out, d->summary);
	for (const struct bns_option *o = d->options; o && o->name; o++)
		put_option(out, d, o);
	for (const struct bns_plugin_command *c = d->commands; c && c->verb; c++)
		put_command(out, c);
}

static enum bns_error describe(FILE *out, const char *path, struct bns_diag *diag)
{
	void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const struct bns_plugin_descriptor *d = object ? dlsym(object, "bns_plugin") : NULL;
	enum bns_error err = BNS_OK;
	if (!object || !d || d->abi != BNS_PLUGIN_ABI) {
		bns_diag_set(diag, path, 0, 0, "no plugin of this version: %s",
			     !object ? dlerror()
			     : !d    ? "it exports no bns_plugin"
				     : "its interface is another");
		err = BNS_EINVAL;
	} else {
		put_plugin(out, d);
	}
	if (object)
		dlclose(object);
	return err;
}

static bool list(const char *dir, glob_t *found)
{
	char pattern[PATH_MAX];
	return snprintf(pattern, sizeof(pattern), "%s/*.so", dir) < (int)sizeof(pattern) &&
	       glob(pattern, 0, NULL, found) == 0;
}

enum bns_error bns_plugins_describe(FILE *out, const char *dir, struct bns_diag *diag)
{
	glob_t found;
	enum bns_error err = BNS_OK;
	if (!list(dir, &found)) {
		bns_diag_set(diag, dir, 0, 0, "there are no plugins");
		return BNS_ENOENT;
	}
	for (size_t i = 0; i < found.gl_pathc && !err; i++)
		err = describe(out, found.gl_pathv[i], diag);
	globfree(&found);
	return err;
}

bool bns_plugins_nearest(const char *dir, const char *id, char *out, size_t cap)
{
	glob_t found;
	unsigned least = 3;
	bool any = false;
	if (!list(dir, &found))
		return false;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		char name[64];
		const char *file = strrchr(found.gl_pathv[i], '/') + 1;
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(file, "."), file);
		if (bns_is_nearer(id, name, &least)) {
			snprintf(out, cap, "%s", name);
			any = true;
		}
	}
	globfree(&found);
	return any;
}
