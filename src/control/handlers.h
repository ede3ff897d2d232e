/* SPDX-License-Identifier: BSD-3-Clause */
/* What runs behind the rows of control/verbs.c; each ends its call exactly once. Thread: main loop. */
#ifndef BNS_CONTROL_HANDLERS_H
#define BNS_CONTROL_HANDLERS_H

#include "control/call.h"

/* verbs_misc.c */
void bns_run_status(struct bns_call *call);
void bns_run_stats(struct bns_call *call);
void bns_run_events(struct bns_call *call);
void bns_run_events_subscribe(struct bns_call *call);
void bns_run_verbs(struct bns_call *call);
void bns_run_log_level(struct bns_call *call);
void bns_run_reload(struct bns_call *call);
void bns_run_stop(struct bns_call *call);

/* verbs_zone.c */
void bns_run_zone_list(struct bns_call *call);
void bns_run_zone_status(struct bns_call *call);
void bns_run_zone_dump(struct bns_call *call);
void bns_run_zone_rollback(struct bns_call *call);
void bns_run_zone_notify(struct bns_call *call);

/* verbs_text.c */
void bns_run_diff(struct bns_call *call);
void bns_run_apply(struct bns_call *call);

/* verbs_audit.c */
void bns_run_audit(struct bns_call *call);
void bns_run_zone_log(struct bns_call *call);

/* verbs_change.c */
void bns_run_zone_reload(struct bns_call *call);
void bns_run_zone_refresh(struct bns_call *call);
void bns_run_zone_retransfer(struct bns_call *call);

/* verbs_members.c */
void bns_run_zone_add(struct bns_call *call);
void bns_run_zone_remove(struct bns_call *call);
void bns_run_zone_expire(struct bns_call *call);

/* verbs_held.c */
void bns_run_held_list(struct bns_call *call);
void bns_run_held_show(struct bns_call *call);
void bns_run_held_approve(struct bns_call *call);
void bns_run_held_reject(struct bns_call *call);

/* verbs_plugin.c: a plugin's command; the words behind its verb are `params.args`. */
void bns_run_plugin(struct bns_call *call, struct bns_plugin *plugin, const struct bns_plugin_command *command);

#endif
