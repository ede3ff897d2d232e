/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/control.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/admin.h"
#include "control/metrics.h"
#include "control/session.h"
#include "control/socket.h"

struct bns_control {
	struct bns_control_env env;
	struct bns_admins admins;
	struct bns_sessions sessions;
	struct bns_socket_place place;
	uv_poll_t listener; /* accepted by hand: libuv would hide the descriptor whose credentials decide */
	int fd;
	int spare_fd;
	bool listening;
};

/* Out of descriptors, a connection that can't be accepted would wake the loop for ever: the spare one takes it. */
static void hang_up_one(struct bns_control *c)
{
	bns_log_limited(BNS_LOG_ERR, "control: out of file descriptors; a connection was closed unheard");
	close(c->spare_fd);
	int fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		close(fd);
	c->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
	struct bns_control *c = poll->data;
	struct bns_peer peer;
	(void)events;
	if (status < 0)
		return;
	int fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE)
			hang_up_one(c);
		return;
	}
	if (bns_peer_of(fd, &c->admins, &peer) != BNS_OK) {
		bns_log_limited(BNS_LOG_WARN, "control: a peer without credentials was turned away");
		close(fd);
		return;
	}
	bns_session_open(&c->sessions, fd, &peer);
}

static enum bns_error listen_at(struct bns_control *c, const char *path, struct bns_diag *diag)
{
	enum bns_error err = bns_socket_listen(path, &c->fd, &c->place, diag);
	if (err != BNS_OK)
		return err;
	int rc = uv_poll_init(c->env.loop, &c->listener, c->fd);
	if (rc != 0) {
		bns_diag_set(diag, path, 0, 0, "can't watch the control socket: %s", uv_strerror(rc));
		bns_socket_remove(&c->place);
		close(c->fd);
		return BNS_EIO;
	}
	c->listener.data = c;
	c->listening = true;
	uv_poll_start(&c->listener, UV_READABLE, on_connection);
	return BNS_OK;
}

enum bns_error bns_control_open(const struct bns_control_env *env, const char *path, const char *const *admin,
				size_t admin_count, struct bns_control **out, struct bns_diag *diag)
{
	struct bns_control *c = calloc(1, sizeof(*c));
	if (!c)
		return BNS_ENOMEM;
	signal(SIGPIPE, SIG_IGN); /* libuv writes without MSG_NOSIGNAL: a peer that has left would end us */
	c->env = *env;
	c->fd = -1;
	c->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	enum bns_error err = bns_sessions_init(&c->sessions, &c->env);
	if (err == BNS_OK)
		err = bns_admins_set(&c->admins, admin, admin_count);
	if (err == BNS_OK)
		err = listen_at(c, path, diag);
	if (err != BNS_OK) {
		bns_control_free(c);
		return err;
	}
	*out = c;
	return BNS_OK;
}

static void judge_peer(void *arg, struct bns_peer *peer)
{
	struct bns_control *c = arg;
	bns_peer_set(peer, &c->admins, peer->uid, peer->gid);
}

void bns_control_set_admin(struct bns_control *c, const char *const *admin, size_t admin_count)
{
	if (bns_admins_set(&c->admins, admin, admin_count) != BNS_OK) {
		bns_log(BNS_LOG_ERR, "control: no memory for control.admin; root alone may change something");
		bns_admins_free(&c->admins);
	}
	bns_sessions_each_peer(&c->sessions, judge_peer, c);
}

void bns_control_event(struct bns_control *c, const struct bns_event *event)
{
	char when[BNS_TIME_TEXT_MAX];
	json_t *object =
		json_pack("{s:i, s:s, s:s, s:s, s:o, s:o, s:I, s:o, s:O?}", "schema", 1, "when",
			  bns_time_to_text(bns_clock_wall_s(), when), "level", bns_log_level_to_text(event->level),
			  "kind", event->kind, "zone", event->zone ? bns_rpc_text(event->zone) : json_null(), "id",
			  event->id ? bns_rpc_text(event->id) : json_null(), "serial", (json_int_t)event->serial,
			  "text", bns_rpc_text(event->text ? event->text : ""), "findings", event->findings);
	char *text = object && bns_plugins_have_event(c->env.plugins) ? json_dumps(object, JSON_COMPACT) : NULL;
	bns_sessions_publish(&c->sessions, object);
	if (text)
		bns_plugins_event(c->env.plugins, event->kind, text);
	free(text);
}

struct shown {
	bns_shown_fn done;
	void *arg;
};

static void on_shown(void *arg, json_t *message)
{
	struct shown *shown = arg;
	const json_t *result = json_object_get(message, "result");
	char *text = result ? json_dumps(result, JSON_COMPACT) : NULL;
	const char *why = json_string_value(json_object_get(json_object_get(message, "error"), "message"));
	shown->done(shown->arg, text, text ? NULL : why ? why : bns_strerror(BNS_ENOMEM));
	free(text);
	free(shown);
}

static void service_show(void *control, const char *method, const char *params, bns_shown_fn done, void *done_arg)
{
	struct bns_control *c = *(struct bns_control **)control;
	struct shown *shown = c ? malloc(sizeof(*shown)) : NULL;
	if (!shown) {
		done(done_arg, NULL, c ? bns_strerror(BNS_ENOMEM) : "the daemon is only just starting");
		return;
	}
	*shown = (struct shown){.done = done, .arg = done_arg};
	json_t *object = params ? json_loads(params, 0, NULL) : NULL;
	bns_call_inside(&c->env, method, object, on_shown, shown);
	json_decref(object);
}

static void service_metrics(void *control, const struct bns_metric_sink *sink)
{
	const struct bns_control *c = *(struct bns_control **)control;
	if (c)
		bns_control_metrics(&c->env, sink);
}

void bns_control_host_services(struct bns_control **c, struct bns_host_services *services)
{
	services->control = c;
	services->show = service_show;
	services->metrics = service_metrics;
}

static void on_listener_closed(uv_handle_t *handle)
{
	struct bns_control *c = handle->data;
	close(c->fd);
	c->fd = -1;
}

void bns_control_stop(struct bns_control *c)
{
	if (c->listening) {
		c->listening = false;
		bns_socket_remove(&c->place);
		uv_close((uv_handle_t *)&c->listener, on_listener_closed);
	}
	bns_sessions_close(&c->sessions);
}

void bns_control_free(struct bns_control *c)
{
	if (!c)
		return;
	bns_sessions_free(&c->sessions);
	bns_admins_free(&c->admins);
	if (c->spare_fd >= 0)
		close(c->spare_fd);
	free(c);
}
