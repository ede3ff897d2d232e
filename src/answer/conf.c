/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/conf.h"

#include <stdlib.h>

static void free_conf(struct bns_rcu_head *head)
{
	free((char *)head - offsetof(struct bns_answer_conf, rcu));
}

void bns_answer_conf_set(const struct bns_answer_conf **place, struct bns_answer_conf *now)
{
	struct bns_answer_conf *former = (struct bns_answer_conf *)(uintptr_t)*place;
	bns_rcu_store(*place, now);
	if (former)
		bns_rcu_defer(&former->rcu, free_conf);
}
