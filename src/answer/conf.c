/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/conf.h"

#include <openssl/crypto.h>
#include <stdlib.h>

static void free_conf(struct bns_rcu_head *head)
{
	struct bns_answer_conf *conf = (void *)((char *)head - offsetof(struct bns_answer_conf, rcu));
	OPENSSL_cleanse(&conf->cookies, sizeof(conf->cookies));
	free(conf);
}

void bns_answer_conf_set(const struct bns_answer_conf **place, struct bns_answer_conf *now)
{
	struct bns_answer_conf *former = (struct bns_answer_conf *)(uintptr_t)*place;
	bns_rcu_store(*place, now);
	if (former)
		bns_rcu_defer(&former->rcu, free_conf);
}
