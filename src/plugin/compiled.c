/* SPDX-License-Identifier: BSD-3-Clause */
/* What is answered from, for plugins that answer elsewhere what a worker would answer here. */
#include "plugin/internal.h"
#include "zone/image.h"

static const struct bns_image *image_of(struct bns_plugin *p, const uint8_t *zone)
{
	const struct bns_host_services *s = &p->all->services;
	const struct bns_image *img = s->image ? s->image(s->arg, zone) : NULL;

	return img && img->state == BNS_IMAGE_SERVED ? img : NULL;
}

enum bns_error bns_compiled_zone(struct bns_plugin *p, const uint8_t *zone, struct bns_served_zone *about)
{
	const struct bns_image *img = image_of(p, zone);

	if (!img)
		return BNS_ENOENT;
	about->name_count = img->node_count;
	about->is_signed = img->is_signed;
	return BNS_OK;
}

static uint64_t types_of(const struct bns_image *img, const struct bns_node *node)
{
	const struct bns_rrset *sets = bns_node_rrsets(img, node);
	uint64_t types = 0;

	for (uint16_t i = 0; i < node->rrset_count; i++)
		types |= UINT64_C(1) << (sets[i].type < 63 ? sets[i].type : 63);
	return types;
}

enum bns_error bns_compiled_names(struct bns_plugin *p, const uint8_t *zone,
				  bool (*each)(void *arg, const struct bns_served_name *name), void *arg)
{
	const struct bns_image *img = image_of(p, zone);

	for (uint32_t i = 0; img && i < img->node_count; i++) {
		const struct bns_node *node = bns_image_node(img, i);
		struct bns_served_name name = {
			.name = bns_image_at(img, node->name),
			.types = types_of(img, node),
			.len = node->name_len,
			.is_cut = node->flags & BNS_NODE_CUT,
			.is_occluded = node->flags & BNS_NODE_OCCLUDED,
			.has_wildcard = node->flags & BNS_NODE_WILDCARD,
			.is_alias = node->flags & BNS_NODE_CNAME,
			.is_dname = node->flags & BNS_NODE_DNAME,
		};
		if (!(node->flags & BNS_NODE_NSEC3) && !each(arg, &name))
			break;
	}
	return img ? BNS_OK : BNS_ENOENT;
}

size_t bns_compiled_answer(struct bns_plugin *p, const uint8_t *query, size_t len, uint8_t *out, size_t cap)
{
	const struct bns_host_services *s = &p->all->services;

	return s->would_answer ? s->would_answer(s->server_arg, query, len, out, cap) : 0;
}

bool bns_compiled_settled(struct bns_plugin *p)
{
	const struct bns_host_services *s = &p->all->services;

	return !s->settled || s->settled(s->arg);
}

bool bns_compiled_listening(struct bns_plugin *p, size_t index, union bns_addr *addr)
{
	const struct bns_host_services *s = &p->all->services;

	return s->listening && s->listening(s->server_arg, index, addr);
}
