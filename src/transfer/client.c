/* SPDX-License-Identifier: BSD-3-Clause */
#include <signal.h>

#include "transfer/xfr_in.h"
#include "transfer/transfer.h"

struct fetch {
	struct bns_peers peers;
	enum bns_error err;
	struct bns_contents *contents;
	struct bns_diag *diag;
};

static void on_fetched(void *arg, enum bns_error err, const struct bns_xfr_news *news, const char *reason)
{
	struct fetch *f = arg;

	f->err = err;
	f->contents = news ? news->contents : NULL;
	if (err)
		bns_diag_set(f->diag, NULL, 0, 0, "%s", reason);
	uv_stop(f->peers.loop);
}

/* A server that closes while we write must not end the program; its own way with SIGPIPE comes back after. */
static void run_without_sigpipe(uv_loop_t *loop)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction before;

	sigaction(SIGPIPE, &ignore, &before);
	uv_run(loop, UV_RUN_DEFAULT);
	sigaction(SIGPIPE, &before, NULL);
}

enum bns_error bns_axfr_fetch(const union bns_addr *server, const uint8_t *apex, const struct bns_tsig_key *key,
			      struct bns_tls_client *tls, struct bns_contents **out, struct bns_diag *diag)
{
	struct fetch f = {.err = BNS_ECANCELED, .diag = diag};
	struct bns_xfr_in *axfr;
	struct bns_timers timers;
	struct bns_peer *peer;
	uv_loop_t loop;
	enum bns_error err;

	if (uv_loop_init(&loop))
		return BNS_ENOMEM;
	err = bns_timers_open(&timers, &loop);
	if (err)
		goto out;
	bns_peers_open(&f.peers, &loop, &timers);
	peer = bns_peer_get(&f.peers, server, tls);
	err = peer ? bns_xfr_in_start(peer, apex, key, true, NULL, NULL, on_fetched, &f, &axfr) : BNS_ENOMEM;
	if (err)
		bns_diag_set(diag, NULL, 0, 0, "can't ask for the zone: %s", bns_strerror(err));
	else
		run_without_sigpipe(&loop);
	bns_peers_close(&f.peers);
	bns_timers_close(&timers, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	if (!err)
		err = f.err;
	if (!err)
		err = bns_contents_finish(f.contents);
out:
	uv_loop_close(&loop);
	if (err)
		bns_contents_free(f.contents);
	else
		*out = f.contents;
	return err;
}
