/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A large file isn't looked at in whole before it serves: a million zones have gigabytes of former versions, of journal
 * and audit, and nobody reads them in the first second.
 */
#include "base/log.h"
#include "base/seccomp.h"
#include "store/store_internal.h"
#include "store/store_tree.h"

void bns_store_look(struct bns_store *s)
{
	char why[BNS_STORE_WHY_MAX], text[1024];
	struct bns_diag diag = {.text = ""};
	if (!s->rest)
		return;
	bns_seccomp_thread(BNS_SECCOMP_STORE);
	bool is_good = bns_store_walk_rest(s->rest, why) == BNS_OK;
	bns_store_walk_free(s->rest);
	s->rest = NULL;
	if (!is_good) {
		(void)bns_store_explain_damage(s->folder, why, &diag);
		bns_log(BNS_LOG_CRIT, "%s; what is served is served on, and nothing is changed until then",
			bns_diag_format(&diag, text, sizeof(text)));
	}
	uv_mutex_lock(&s->mutex);
	s->is_damaged = !is_good;
	s->looking = false;
	uv_cond_broadcast(&s->looked);
	uv_mutex_unlock(&s->mutex);
}

bool bns_store_is_read_first(enum bns_store_db db)
{
	return db == BNS_DB_META || db == BNS_DB_ZONE || db == BNS_DB_CANDIDATE || db == BNS_DB_PLUGIN ||
	       db == BNS_DB_MEMBER;
}

enum bns_error bns_store_wait_for_look(struct bns_store *s, enum bns_store_db db)
{
	if (bns_store_is_read_first(db))
		return BNS_OK;
	uv_mutex_lock(&s->mutex);
	while (s->looking)
		uv_cond_wait(&s->looked, &s->mutex);
	uv_mutex_unlock(&s->mutex);
	return s->is_damaged ? BNS_EIO : BNS_OK;
}
