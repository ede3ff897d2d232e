/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration file, as text and as settings. */
#include "conf/conf.h"
#include "fuzz.h"
#include "fuzz_file.h"

static struct fuzz_file file;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_file_open(&file);
	return 0;
}

/* Each node knows its place. */
static void walk(const struct bns_yaml *node)
{
	size_t count = 0;
	FUZZ_REQUIRE(node->line > 0 && node->column > 0);
	FUZZ_REQUIRE(node->kind != BNS_YAML_SCALAR || node->text);
	for (const struct bns_yaml *child = node->child; child; child = child->next, count++) {
		FUZZ_REQUIRE((node->kind == BNS_YAML_MAPPING) == (child->key != NULL));
		walk(child);
	}
	FUZZ_REQUIRE(count == node->count);
}

static void read_tree(const uint8_t *data, size_t size)
{
	struct bns_yaml *root;
	struct bns_diag diag = {.text = ""};
	if (bns_yaml_parse((const char *)data, size, "fuzz", &root, &diag) != BNS_OK) {
		FUZZ_REQUIRE(diag.text[0] != '\0');
		return;
	}
	walk(root);
	bns_yaml_free(root);
}

static void read_settings(const uint8_t *data, size_t size)
{
	struct bns_conf *conf;
	struct bns_diag diag = {.text = ""};
	fuzz_file_write(&file, data, size);
	if (bns_conf_load(file.path, &conf, &diag) != BNS_OK) {
		FUZZ_REQUIRE(diag.text[0] != '\0');
		return;
	}
	for (size_t i = 0; i < conf->zone_count; i++)
		FUZZ_REQUIRE(bns_conf_zone(conf, conf->zones[i].domain) == &conf->zones[i]);
	bns_conf_free(conf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_tree(data, size);
	read_settings(data, size);
	return 0;
}
