/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a configuration is read: the files' sections are gathered, each is read
 * by its option table into a structure, zones get their template merged in.
 * Thread: one at a time.
 */
#ifndef BNS_CONF_CONF_INTERNAL_H
#define BNS_CONF_CONF_INTERNAL_H

#include <sys/types.h>

#include "conf/conf.h"

#define BNS_CONF_INCLUDE_DEPTH_MAX 8
#define BNS_CONF_WARNINGS_MAX      100

/* Where base/nearest.h begins. */
#define BNS_NEAREST_BEGIN 3

enum bns_section_id {
	BNS_SECTION_SERVER,
	BNS_SECTION_DATABASE,
	BNS_SECTION_CONTROL,
	BNS_SECTION_KEY,
	BNS_SECTION_REMOTE,
	BNS_SECTION_ACL,
	BNS_SECTION_TEMPLATE,
	BNS_SECTION_ZONE_DIRECTORY,
	BNS_SECTION_ZONE,
	BNS_SECTION_PLUGIN,
	BNS_SECTION_TOP_COUNT,
	/* Mappings within an item of another section. */
	BNS_SECTION_REMOTE_TLS = BNS_SECTION_TOP_COUNT,
	BNS_SECTION_COUNT,
};

/* What a value may be, and the C type it becomes. A list takes a scalar for its one element. */
enum bns_option_type {
	BNS_OPTION_TEXT,      /* const char *; `max` octets, if it isn't 0 */
	BNS_OPTION_OCTETS,    /* struct bns_conf_octets: text, or 0x and hexadecimal digits */
	BNS_OPTION_NAME,      /* const char *: a domain name, lower-case, no final dot */
	BNS_OPTION_PATH,      /* const char *: absolute; empty is none where that is the default */
	BNS_OPTION_PATTERN,   /* const char *: absolute, with %s and %% */
	BNS_OPTION_NUMBER,    /* unsigned */
	BNS_OPTION_NUMBER16,  /* uint16_t */
	BNS_OPTION_SIZE,      /* uint64_t, bytes */
	BNS_OPTION_SECONDS,   /* uint64_t */
	BNS_OPTION_SECONDS32, /* uint32_t */
	BNS_OPTION_LIMIT32,   /* uint32_t seconds; 0 means none and becomes UINT32_MAX */
	BNS_OPTION_SHARE,     /* struct bns_conf_share */
	BNS_OPTION_WORD,      /* unsigned or enum: position in `words` */
	BNS_OPTION_SWITCH,    /* bool: the first of two `words` is false */
	BNS_OPTION_WORDS,     /* unsigned: bit 1 << position for each word */
	BNS_OPTION_TEXTS,     /* const char *const * and a count */
	BNS_OPTION_SECRETS,   /* const struct bns_conf_cookie_secret * and a count; `max` of them */
	BNS_OPTION_PINS,      /* const struct bns_conf_pin * and a count */
	BNS_OPTION_ADDRESSES, /* const union bns_addr * and a count */
	BNS_OPTION_PREFIXES,  /* const struct bns_prefix * and a count */
	BNS_OPTION_REF,       /* pointer to an item of section `ref` */
	BNS_OPTION_REFS,      /* array of such pointers and a count */
	BNS_OPTION_MAPPING,   /* pointer to what the table of section `ref` makes of it, NULL: not written */
};

struct bns_option {
	const char *name;
	enum bns_option_type type;
	size_t offset;
	size_t count_offset;      /* lists */
	const char *default_text; /* as it would be written, a list as "[a, b]"; NULL: none */
	uint64_t min;             /* numbers, sizes, durations */
	uint64_t max;             /* 0: the C type's */
	const char *const *words; /* ends with NULL */
	uint16_t port;            /* of addresses without one; 0: 53 */
	enum bns_section_id ref;
	bool required;
	const char *help; /* one sentence without its full stop */
};

struct bns_section {
	const char *name;
	const char *help;
	const char *item; /* "a remote": for messages */
	bool many;        /* a list of items, each with the id of its first option */
	bool open;        /* keys beyond the table are allowed and kept */
	size_t item_size;
	const struct bns_option *options;
	size_t option_count;
};

extern const char *const bns_key_algorithms[];
extern const struct bns_section bns_sections[BNS_SECTION_COUNT];

/* A zone or a template before its file's pattern is filled in. */
struct bns_zone_draft {
	const char *name; /* domain, or the template's id */
	const struct bns_zone_draft *template;
	const char *pattern;
	struct bns_conf_catalog catalog;
	struct bns_conf_settings zone;
	const char *file;
	const struct bns_yaml *node; /* where it is written; the folder's path where it was found in one */
};

struct bns_zone_directory {
	const char *path;
	const struct bns_zone_draft *template;
};

struct bns_key_draft {
	const char *id;
	unsigned algorithm;
	const char *secret;
	const char *secret_file;
};

/* One item of a section, for look-up by id. */
struct bns_conf_item {
	const char *id;
	void *object;
	const struct bns_yaml *node;
	size_t position; /* as written */
};

struct bns_conf_index {
	struct bns_conf_item *items; /* by id */
	size_t count;
};

/* What zones that are made later may name; the items lie in the configuration's arena. */
struct bns_conf_kept {
	struct bns_conf_index index[BNS_SECTION_COUNT];
	const struct bns_zone_draft *base;
};

/* The nodes of one section, over all files. */
struct bns_conf_nodes {
	const struct bns_yaml **list;
	size_t count;
	size_t capacity;
};

/* Zones of one file that libyaml isn't shown, see plain.c: `count` lines from `text` on, like one that it is shown. */
struct bns_plain_run {
	const char *text;
	size_t count;
	size_t indent;
	unsigned line; /* of the one before them, where it stands */
	unsigned column;
	size_t like; /* its position among the zones that are written */
};

struct bns_plain_file {
	struct bns_plain_file *next;
	char *text;
	size_t len;
	char *shown; /* what is left for libyaml */
	size_t shown_len;
	struct bns_plain_run *runs; /* in the order of their lines */
	size_t run_count;
	size_t run_capacity;
	bool placed; /* libyaml took all of them for what they look like */
};

struct bns_conf_reader {
	struct bns_conf *conf;
	bool all_shown;               /* libyaml reads everything */
	struct bns_plain_file *plain; /* of which it hasn't */
	struct bns_arena *arena;      /* for what is read: the configuration's own, or a later zone's */
	struct bns_diag *diag;
	struct bns_conf_nodes nodes[BNS_SECTION_COUNT];
	struct bns_conf_index index[BNS_SECTION_COUNT];
	void *objects[BNS_SECTION_COUNT];  /* arrays of item_size, as written */
	const struct bns_zone_draft *base; /* what a zone begins with that names no template */
	struct bns_diag *warnings;         /* BNS_CONF_WARNINGS_MAX of them, once there is one */
	struct {
		dev_t dev;
		ino_t ino;
	} * files; /* read so far */
	size_t file_count;
	struct bns_yaml *
		*trees; /* of the files: gone with the reader, for a million zones take ten times what is kept */
	size_t tree_count;
	const struct bns_conf_settings *last_settings; /* as is */
	const struct bns_conf_catalog *last_catalog;   /* that a zone was given */
	const char *folder_of;                         /* the file whose folder is `folder` */
	const char *folder;
};

/* include.c: reads a file and what it includes; sections go to `nodes`. */
enum bns_error bns_conf_gather(struct bns_conf_reader *r, const char *path) BNS_MUST_CHECK;

/*
 * plain.c: the file with its long runs of zones taken out, or NULL: there are none. Then where they stand in what
 * libyaml made of the rest: `section` has the file's zones, and `first` zones were written before; false: it isn't
 * known. Last, their settings, behind those of the zones that are `written`.
 */
struct bns_plain_file *bns_plain_cut(const char *path);
void bns_plain_free(struct bns_plain_file *f);
bool bns_plain_place(struct bns_plain_file *f, const struct bns_yaml *section, size_t first);
size_t bns_plain_count(const struct bns_plain_file *f);
enum bns_error bns_plain_zones(struct bns_conf_reader *r, struct bns_conf_zone *written,
			       struct bns_conf_zone *out) BNS_MUST_CHECK;

/* option.c: a mapping into an object by its section's table; defaults first, where wanted. */
enum bns_error bns_option_defaults(struct bns_conf_reader *r, enum bns_section_id section, void *object) BNS_MUST_CHECK;
enum bns_error bns_option_read(struct bns_conf_reader *r, enum bns_section_id section, const struct bns_yaml *map,
			       void *object) BNS_MUST_CHECK;
enum bns_error bns_option_read_one(struct bns_conf_reader *r, enum bns_section_id section, const struct bns_yaml *child,
				   void *object) BNS_MUST_CHECK;
enum bns_error bns_option_value(struct bns_conf_reader *r, const struct bns_option *option,
				const struct bns_yaml *value, void *object) BNS_MUST_CHECK;

/* value.c, list.c: one value into its C type. */
typedef enum bns_error (*bns_value_fn)(struct bns_conf_reader *r, const struct bns_option *option,
				       const struct bns_yaml *value, void *object);
bns_value_fn bns_value_reader(enum bns_option_type type); /* NULL for lists */
bns_value_fn bns_list_reader(enum bns_option_type type);  /* NULL for the others */
enum bns_error bns_value_word(struct bns_conf_reader *r, const struct bns_option *option, const struct bns_yaml *value,
			      unsigned *position) BNS_MUST_CHECK;

/* A list's elements; of a scalar it is the only one, unless nothing is written. */
size_t bns_list_count(const struct bns_yaml *value);
const struct bns_yaml *bns_list_first(const struct bns_yaml *value);

/* item.c: all items of a section, their index, one of them by the id that `value` names (`out`: where its pointer
 * goes). */
enum bns_error bns_item_read_all(struct bns_conf_reader *r, enum bns_section_id section) BNS_MUST_CHECK;
enum bns_error bns_item_index(struct bns_conf_reader *r, enum bns_section_id section) BNS_MUST_CHECK;
enum bns_error bns_item_find(struct bns_conf_reader *r, enum bns_section_id section, const struct bns_yaml *value,
			     void *out) BNS_MUST_CHECK;
const struct bns_conf_item *bns_item_by_id(const struct bns_conf_index *index, const char *id);

/* path.c */
char *bns_path_absolute(struct bns_conf_reader *r, const char *path, const char *file, bool pattern);
char *bns_path_expand(struct bns_arena *arena, const char *pattern, const char *domain);
bool bns_path_unescape(const char *text, size_t len, char *out, size_t cap);

/* name.c: the form in which names are compared; false where it is none. */
#define BNS_CONF_NAME_MAX 254
bool bns_conf_name(const char *text, char out[BNS_CONF_NAME_MAX]);
bool bns_conf_name_of(const char *text, size_t len, char out[BNS_CONF_NAME_MAX]);

/* Zones found in folders. */
struct bns_directory_zones {
	struct bns_zone_draft *list;
	size_t count;
	size_t capacity;
};

/* hex.c: pairs of hexadecimal digits, `len` octets of them; false where the text is something else. */
bool bns_hex_decode(const char *text, size_t len, uint8_t *out);

/* peer.c: remotes and acls, which say who may be at a connection's other end. */
enum bns_error bns_conf_remotes(struct bns_conf_reader *r) BNS_MUST_CHECK;
enum bns_error bns_conf_acls(struct bns_conf_reader *r) BNS_MUST_CHECK;

/* key.c: can others read the file in which this stands? */
bool bns_conf_is_exposed(const struct bns_yaml *value);

/* key.c, zones.c, directory.c: what comes after the tables. `found->list` is the caller's to free. */
enum bns_error bns_conf_keys(struct bns_conf_reader *r) BNS_MUST_CHECK;
enum bns_error bns_conf_templates(struct bns_conf_reader *r) BNS_MUST_CHECK;
enum bns_error bns_conf_zones(struct bns_conf_reader *r) BNS_MUST_CHECK;
enum bns_error bns_conf_zone_begin(struct bns_conf_reader *r, const struct bns_yaml *map,
				   struct bns_zone_draft *draft) BNS_MUST_CHECK;
enum bns_error bns_conf_zone_finish(struct bns_conf_reader *r, struct bns_zone_draft *draft,
				    struct bns_conf_zone *out) BNS_MUST_CHECK;
enum bns_error bns_conf_directories(struct bns_conf_reader *r, struct bns_directory_zones *found) BNS_MUST_CHECK;

/* catalog.c: what a zone says of catalogs, once all of it is read; and, once all zones are known, whether the one that
 * shall list it is there. */
enum bns_error bns_conf_catalog_finish(struct bns_conf_reader *r, struct bns_zone_draft *draft) BNS_MUST_CHECK;
enum bns_error bns_conf_catalog_check(struct bns_conf_reader *r, const struct bns_zone_draft *draft) BNS_MUST_CHECK;

/* zone_index.c: so that bns_conf_zone finds them. BNS_EEXIST: there are two of one name. */
enum bns_error bns_conf_index_zones(struct bns_conf_reader *r) BNS_MUST_CHECK;

/* zone_make.c */
void bns_owner_release(struct bns_conf_owner *owner);

/* Every failure of a value goes through one of these: they name the place. Both return BNS_EINVAL. */
enum bns_error bns_conf_fail(struct bns_conf_reader *r, const struct bns_yaml *value, const char *fmt, ...)
	BNS_PRINTF(3, 4);
enum bns_error bns_conf_fail_key(struct bns_conf_reader *r, const struct bns_yaml *value, const char *fmt, ...)
	BNS_PRINTF(3, 4);
enum bns_error bns_conf_no_memory(struct bns_conf_reader *r);
void bns_conf_warn(struct bns_conf_reader *r, const char *file, const struct bns_yaml *value, const char *fmt, ...)
	BNS_PRINTF(4, 5);

#endif
