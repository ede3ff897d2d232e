/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * LMDB trusts its file: a page that the disk has changed sends it anywhere in
 * memory. So the trees are walked first, with our own eyes: every page must be
 * the one it says it is, lie within the file and belong to one place only,
 * every node within its page, every key behind the one before. What the values
 * hold is their seals' business.
 *
 * The layout is that of LMDB's data format 1, in the machine's own byte order:
 *
 *   page:  pgno size_t | pad u16 | flags u16 | lower u16, upper u16 (overflow: count u32) | offsets u16...
 *   node:  lo u16, hi u16 (big endian: hi, lo) | flags u16 | key length u16 | key | data
 *   meta:  page header | magic u32 | version u32 | address, map size | trees of free pages and names | last page | txn
 */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/store_tree.h"

#define META_MAGIC     0xBEEFC0DEu
#define META_VERSION   1
#define NO_PAGE        SIZE_MAX
#define DEPTH_MAX      32
#define NAMED_MAX      64 /* more than bns_store_db_names will ever have */
#define KEY_MAX        511
#define NAME_MAX_BYTES 32

enum page_flag { PAGE_BRANCH = 1, PAGE_LEAF = 2, PAGE_OVERFLOW = 4 };
enum node_flag { NODE_BIG = 1, NODE_TREE = 2 };
enum tree_kind { TREE_FREE, TREE_NAMES, TREE_VALUES };

struct head {
	size_t number;
	uint16_t pad;
	uint16_t flags;
	uint16_t lower; /* both as one: how many pages an overflow has */
	uint16_t upper;
};

struct tree {
	uint32_t pad;
	uint16_t flags;
	uint16_t depth;
	size_t branch_pages;
	size_t leaf_pages;
	size_t overflow_pages;
	size_t entries;
	size_t root;
};

struct meta {
	struct head head;
	uint32_t magic;
	uint32_t version;
	void *address;
	size_t map_bytes;
	struct tree free;
	struct tree names;
	size_t last_page;
	size_t txn;
};

struct node {
	uint16_t half[2];
	uint16_t flags;
	uint16_t key_len;
};

/* A database that the tree of names has. */
struct named {
	struct tree tree;
	char name[NAME_MAX_BYTES]; /* "" where it is longer: none of ours */
	bool is_walked;
};

struct bns_store_walk {
	int fd;
	size_t file_bytes;
	size_t page_bytes;
	size_t last_page;
	uint8_t *seen; /* a bit a page */
	uint8_t *page[DEPTH_MAX];
	struct named named[NAMED_MAX];
	unsigned named_count;
	char *why; /* BNS_STORE_WHY_MAX */

	/* of the tree in hand */
	enum tree_kind kind;
	struct tree found;
	uint8_t last_key[KEY_MAX];
	size_t last_len;
	bool has_last;
	bool last_is_bound; /* a branch's key: the next may equal it */
};

static bool wrong(struct bns_store_walk *w, size_t page, const char *what)
{
	snprintf(w->why, BNS_STORE_WHY_MAX, "page %zu %s", page, what);
	return false;
}

static size_t node_number(const struct node *n)
{
	size_t low = n->half[__BYTE_ORDER == __LITTLE_ENDIAN ? 0 : 1];
	size_t high = n->half[__BYTE_ORDER == __LITTLE_ENDIAN ? 1 : 0];
	return low | high << 16;
}

/* A branch's child uses the flags as further digits where a page number is long enough. */
static size_t child_number(const struct node *n)
{
	return (size_t)((uint64_t)node_number(n) | (sizeof(size_t) > 4 ? (uint64_t)n->flags << 32 : 0));
}

static bool read_at(struct bns_store_walk *w, size_t page, void *out, size_t len)
{
	if (page > w->last_page || (page + 1) * w->page_bytes > w->file_bytes)
		return wrong(w, page, "lies behind the end of the file");
	ssize_t n = pread(w->fd, out, len, (off_t)(page * w->page_bytes));
	return n == (ssize_t)len || wrong(w, page, n < 0 ? "can't be read from the disk" : "ends early");
}

static bool claim(struct bns_store_walk *w, size_t page, size_t count)
{
	for (size_t i = page; i < page + count; i++) {
		if (i < 2 || i > w->last_page)
			return wrong(w, i, "is none the file has");
		if (w->seen[i / 8] & (1u << i % 8))
			return wrong(w, i, "is used twice");
		w->seen[i / 8] |= (uint8_t)(1u << i % 8);
	}
	return true;
}

static int compare_keys(const struct bns_store_walk *w, const uint8_t *key, size_t len)
{
	size_t common = len < w->last_len ? len : w->last_len;
	if (w->kind == TREE_FREE) {
		size_t a, b;
		memcpy(&a, w->last_key, sizeof(a));
		memcpy(&b, key, sizeof(b));
		return (b > a) - (b < a);
	}
	int order = memcmp(key, w->last_key, common);
	return order ? order : (len > w->last_len) - (len < w->last_len);
}

static bool take_key(struct bns_store_walk *w, size_t page, const uint8_t *key, size_t len, bool is_bound)
{
	if (len == 0 || len > KEY_MAX || (w->kind == TREE_FREE && len != sizeof(size_t)))
		return wrong(w, page, "has a key of a length that can't be");
	int order = w->has_last ? compare_keys(w, key, len) : 1;
	if (order < 0 || (order == 0 && !w->last_is_bound))
		return wrong(w, page, "has its keys out of order");
	memcpy(w->last_key, key, len);
	w->last_len = len;
	w->has_last = true;
	w->last_is_bound = is_bound;
	return true;
}

static bool take_overflow(struct bns_store_walk *w, size_t page, size_t len)
{
	struct head head;
	uint32_t count;
	if (!read_at(w, page, &head, sizeof(head)))
		return false;
	memcpy(&count, &head.lower, sizeof(count));
	size_t needed = (sizeof(head) - 1 + len) / w->page_bytes + 1;
	if (head.number != page || head.flags != PAGE_OVERFLOW || count < needed)
		return wrong(w, page, "isn't the value it should be");
	if ((page + needed) * w->page_bytes > w->file_bytes)
		return wrong(w, page, "holds a value that the file's end cuts off");
	w->found.overflow_pages += count;
	return claim(w, page, count);
}

/* A list of free pages: how many, then their numbers. `data` may lie in overflow pages, of which none is in memory. */
static bool take_free(struct bns_store_walk *w, size_t page, const uint8_t *data, size_t len)
{
	size_t count, number;
	memcpy(&count, data, sizeof(count));
	if (count >= len / sizeof(size_t))
		return wrong(w, page, "has a list of free pages that can't be");
	for (size_t i = 1; i <= count; i++) {
		memcpy(&number, data + i * sizeof(number), sizeof(number));
		if (!claim(w, number, 1))
			return false;
	}
	return true;
}

static bool take_long_free(struct bns_store_walk *w, size_t page, size_t len)
{
	uint8_t *data = malloc(len);
	off_t at = (off_t)(page * w->page_bytes + sizeof(struct head));
	bool good = data && pread(w->fd, data, len, at) == (ssize_t)len;
	good = good ? take_free(w, page, data, len) : wrong(w, page, "can't be read");
	free(data);
	return good;
}

static bool take_big(struct bns_store_walk *w, size_t page, const uint8_t *data, size_t len)
{
	size_t number;
	memcpy(&number, data, sizeof(number));
	if (!take_overflow(w, number, len))
		return false;
	if (w->kind != TREE_FREE)
		return true;
	return len >= sizeof(size_t) ? take_long_free(w, number, len) : wrong(w, page, "has an empty list of pages");
}

static bool take_data(struct bns_store_walk *w, size_t page, const struct node *n, const uint8_t *data, size_t room)
{
	size_t len = node_number(n);
	bool big = n->flags & NODE_BIG;
	if (room < (big ? sizeof(size_t) : len))
		return wrong(w, page, "has a value that ends outside of it");
	if ((n->flags & ~NODE_BIG) != (w->kind == TREE_NAMES ? NODE_TREE : 0))
		return wrong(w, page, "has a value of another kind");
	w->found.entries++;
	if (big)
		return take_big(w, page, data, len);
	if (w->kind == TREE_FREE)
		return len >= sizeof(size_t) ? take_free(w, page, data, len) : wrong(w, page, "lists no free page");
	if (w->kind == TREE_VALUES)
		return true;
	if (len != sizeof(struct tree) || w->named_count == NAMED_MAX)
		return wrong(w, page, "names a database that can't be");
	struct named *named = &w->named[w->named_count++];
	memcpy(&named->tree, data, sizeof(struct tree));
	if (w->last_len < sizeof(named->name))
		memcpy(named->name, w->last_key, w->last_len);
	return true;
}

static bool walk_page(struct bns_store_walk *w, size_t page, unsigned depth);

static bool walk_node(struct bns_store_walk *w, size_t page, unsigned depth, size_t index)
{
	const uint8_t *octets = w->page[depth];
	struct head head;
	struct node n;
	uint16_t at;
	memcpy(&head, octets, sizeof(head));
	memcpy(&at, octets + sizeof(head) + index * sizeof(at), sizeof(at));
	if (at < head.upper || at + sizeof(n) > w->page_bytes)
		return wrong(w, page, "has an entry outside of it");
	memcpy(&n, octets + at, sizeof(n));
	size_t room = w->page_bytes - at - sizeof(n);
	const uint8_t *key = octets + at + sizeof(n);
	if (n.key_len > room)
		return wrong(w, page, "has a key that ends outside of it");
	/* What is left of a branch's first key means nothing. */
	if (head.flags == PAGE_BRANCH)
		return (index == 0 || take_key(w, page, key, n.key_len, true)) &&
		       walk_page(w, child_number(&n), depth + 1);
	return take_key(w, page, key, n.key_len, false) && take_data(w, page, &n, key + n.key_len, room - n.key_len);
}

static bool read_page(struct bns_store_walk *w, size_t page, unsigned depth, struct head *head)
{
	if (!w->page[depth])
		w->page[depth] = malloc(w->page_bytes);
	if (!w->page[depth])
		return wrong(w, page, "can't be read: out of memory");
	if (!claim(w, page, 1) || !read_at(w, page, w->page[depth], w->page_bytes))
		return false;
	memcpy(head, w->page[depth], sizeof(*head));
	return true;
}

static bool walk_page(struct bns_store_walk *w, size_t page, unsigned depth)
{
	struct head head;
	if (depth >= w->found.depth)
		return wrong(w, page, "lies too deep");
	if (!read_page(w, page, depth, &head))
		return false;
	bool is_leaf = depth + 1u == w->found.depth;
	if (head.number != page || head.flags != (is_leaf ? PAGE_LEAF : PAGE_BRANCH))
		return wrong(w, page, "isn't the page it should be");
	if (head.lower <= sizeof(head) || head.lower % 2 || head.lower > head.upper || head.upper > w->page_bytes)
		return wrong(w, page, "has a head that can't be");
	*(is_leaf ? &w->found.leaf_pages : &w->found.branch_pages) += 1;
	size_t count = (head.lower - sizeof(head)) / sizeof(uint16_t);
	for (size_t i = 0; i < count; i++) {
		if (!walk_node(w, page, depth, i))
			return false;
	}
	return true;
}

static bool walk_tree(struct bns_store_walk *w, enum tree_kind kind, const struct tree *t)
{
	w->kind = kind;
	w->has_last = w->last_is_bound = false;
	w->found = (struct tree){.depth = t->depth};
	if (t->depth > DEPTH_MAX)
		return wrong(w, t->root, "begins a tree that is too deep");
	if ((t->root == NO_PAGE) != (t->depth == 0))
		return wrong(w, t->root, "begins a tree without a depth");
	if (t->root != NO_PAGE && !walk_page(w, t->root, 0))
		return false;
	if (w->found.entries != t->entries || w->found.leaf_pages != t->leaf_pages ||
	    w->found.branch_pages != t->branch_pages || w->found.overflow_pages != t->overflow_pages)
		return wrong(w, t->root, "begins a tree that has lost entries");
	return true;
}

static bool is_wanted(const struct named *named, const char *const *names)
{
	for (; names && *names; names++) {
		if (strcmp(named->name, *names) == 0)
			return true;
	}
	return !names;
}

/* Those databases, of all that weren't walked yet; NULL: all. */
static bool walk_named(struct bns_store_walk *w, const char *const *names)
{
	for (unsigned i = 0; i < w->named_count; i++) {
		if (w->named[i].is_walked || !is_wanted(&w->named[i], names))
			continue;
		if (!walk_tree(w, TREE_VALUES, &w->named[i].tree))
			return false;
		w->named[i].is_walked = true;
	}
	return true;
}

static bool walk_some(struct bns_store_walk *w, const struct meta *m, const char *const *names)
{
	return walk_tree(w, TREE_FREE, &m->free) && walk_tree(w, TREE_NAMES, &m->names) && walk_named(w, names);
}

static bool read_meta(int fd, size_t at, struct meta *m)
{
	return pread(fd, m, sizeof(*m), (off_t)at) == (ssize_t)sizeof(*m) && m->magic == META_MAGIC &&
	       m->version == META_VERSION;
}

bool bns_store_tree_heads(int fd, struct bns_store_heads *heads)
{
	struct meta *m = (struct meta *)heads->meta;
	_Static_assert(sizeof(heads->meta) >= 2 * sizeof(*m), "both fit");
	if (!read_meta(fd, 0, &m[0]))
		return false;
	size_t page_bytes = m[0].free.pad;
	if (page_bytes < 512 || page_bytes > 65536 || page_bytes & (page_bytes - 1))
		return false;
	return read_meta(fd, page_bytes, &m[1]) && m[1].free.pad == page_bytes;
}

/* LMDB's own choice is the later one, the first of two alike. */
static const struct meta *choose(const struct meta *m, size_t txn)
{
	if (txn == 0)
		return m[0].txn < m[1].txn ? &m[1] : &m[0];
	if (m[0].txn == txn)
		return &m[0];
	return m[1].txn == txn ? &m[1] : NULL;
}

static struct bns_store_walk *walk_new(int fd, const struct meta *m)
{
	struct stat st;
	struct bns_store_walk *w = calloc(1, sizeof(*w));
	if (!w)
		return NULL;
	w->fd = dup(fd);
	if (w->fd < 0 || fstat(fd, &st)) {
		bns_store_walk_free(w);
		return NULL;
	}
	w->file_bytes = (size_t)st.st_size;
	w->page_bytes = m->free.pad;
	w->last_page = m->last_page;
	return w;
}

void bns_store_walk_free(struct bns_store_walk *w)
{
	if (!w)
		return;
	for (unsigned i = 0; i < DEPTH_MAX; i++)
		free(w->page[i]);
	free(w->seen);
	if (w->fd >= 0)
		close(w->fd);
	free(w);
}

enum bns_error bns_store_walk_begin(int fd, const struct bns_store_heads *heads, size_t txn, const char *const *names,
				    struct bns_store_walk **out, char why[BNS_STORE_WHY_MAX])
{
	const struct meta *m = choose((const struct meta *)heads->meta, txn);
	if (!m)
		return BNS_EBUSY;
	struct bns_store_walk *w = walk_new(fd, m);
	if (!w)
		return BNS_ENOMEM;
	w->why = why;
	enum bns_error err = BNS_EDAMAGED;
	/* A head that lies about the last page must not cost the memory it asks for. */
	if (m->last_page >= m->map_bytes / w->page_bytes)
		snprintf(why, BNS_STORE_WHY_MAX, "its head names a last page beyond its map");
	else if (!(w->seen = calloc(1, m->last_page / 8 + 1)))
		err = BNS_ENOMEM;
	else if (walk_some(w, m, names))
		err = BNS_OK;
	if (err)
		bns_store_walk_free(w);
	else
		*out = w;
	return err;
}

enum bns_error bns_store_walk_rest(struct bns_store_walk *w, char why[BNS_STORE_WHY_MAX])
{
	w->why = why;
	return walk_named(w, NULL) ? BNS_OK : BNS_EDAMAGED;
}

enum bns_error bns_store_tree_check(int fd, const struct bns_store_heads *heads, size_t txn,
				    char why[BNS_STORE_WHY_MAX])
{
	struct bns_store_walk *w;
	enum bns_error err = bns_store_walk_begin(fd, heads, txn, NULL, &w, why);
	if (!err)
		bns_store_walk_free(w);
	return err;
}
