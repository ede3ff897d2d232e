/* SPDX-License-Identifier: BSD-3-Clause */
#include "history.h"

bool mt_history_is_due(const struct mt_history *h, int64_t now_s)
{
	/* A clock that was set back begins anew. */
	return h->last_s == 0 || now_s >= h->last_s + MT_SAMPLE_S || now_s < h->last_s;
}

void mt_history_add(struct mt_history *h, int64_t now_s, uint64_t total)
{
	if (h->last_s != 0 && now_s > h->last_s && total >= h->last_total) {
		h->per_s[h->next] = (double)(total - h->last_total) / (double)(now_s - h->last_s);
		h->next = (h->next + 1) % MT_SAMPLES;
		h->count += h->count < MT_SAMPLES;
	}
	h->last_s = now_s;
	h->last_total = total;
}

double mt_history_at(const struct mt_history *h, size_t number)
{
	return h->per_s[(h->next + MT_SAMPLES - h->count + number) % MT_SAMPLES];
}
