/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/opt.h"

#include "answer/edns.h"
#include "answer/encode.h"

/* Options that can't be read, or those of a later EDNS, get none in return. */
static void read_options(const struct bns_opt_for *to, struct bns_edns *edns)
{
	const struct bns_request *req = to->req;
	const struct bns_answer_conf *conf = to->env->conf ? bns_rcu_load(*to->env->conf) : NULL;

	bns_edns_open(edns, conf, to->client, to->transport == BNS_TRANSPORT_UDP ? 0 : to->env->keepalive_ds);
	if (req->edns_version == 0 && req->opt_rdlen > 0)
		(void)!bns_edns_read(edns, to->msg + req->opt_rdata, req->opt_rdlen);
}

static void add_expire(const struct bns_opt_for *to, struct bns_edns *edns)
{
	const struct bns_image *img = NULL;

	if (to->req->has_question)
		img = bns_table_find(to->env->table, &to->req->qname, false);
	if (img && img->state == BNS_IMAGE_SERVED)
		bns_edns_add_expire(edns, to->req, to->env->table, img);
}

void bns_opt_end(const struct bns_opt_for *to, enum bns_rcode rcode, struct bns_writer *w)
{
	struct bns_edns edns;
	struct bns_encoder e;

	read_options(to, &edns);
	if (rcode == BNS_RCODE_NOERROR)
		add_expire(to, &edns);
	bns_edns_answer(&edns, BNS_EDE_NONE);
	bns_encode_adopt(&e, w, to->req, to->env->udp_max_payload, &edns.out);
	if (to->transport == BNS_TRANSPORT_TLS && bns_edns_wants_padding(&edns))
		bns_encode_pad(&e, BNS_PADDING_BLOCK);
	e.behind = to->behind;
	w->pos = bns_encode_close(&e, rcode);
}
