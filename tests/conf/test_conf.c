/* SPDX-License-Identifier: BSD-3-Clause */
/* What a good configuration becomes. */
#include "conf_fixture.h"

#include "conf/describe.h"

static const struct bns_conf *load_example(struct conf_fixture *f)
{
	char text[8192];
	read_example(text, sizeof(text));
	assert_int_equal(mkdir("zones", 0700), 0);
	write_file("zones/example.com.zone", "");
	write_file("zones/found.example.zone", "");
	return load_ok(f, text);
}

static const struct bns_conf_zone *zone_of(const struct bns_conf *c, const char *domain)
{
	const struct bns_conf_zone *z = bns_conf_zone(c, domain);
	assert_non_null(z);
	return z;
}

static void sections_of_the_example_are_read(void **state)
{
	struct conf_fixture *f = *state;
	char text[BNS_ADDR_TEXT_MAX];
	const struct bns_conf *c = load_example(f);
	assert_path(f, c->path, "main.yaml");
	assert_int_equal(c->listen_count, 2);
	assert_string_equal(bns_addr_to_text(&c->listen[1], text), "::1@5300");
	assert_string_equal(c->user, "root");
	assert_int_equal(c->udp_max_payload, 1232);
	assert_int_equal(c->tcp_max_clients, 1000);
	assert_int_equal(c->tcp_idle_timeout_s, 10);
	assert_null(c->plugin_dir);
	assert_string_equal(c->storage, "/var/lib/brandns");
	assert_true(c->max_size_bytes == (uint64_t)4 << 30);
	assert_int_equal(c->journal_depth, 20);
	assert_string_equal(c->control_listen, "/run/brandns/control.sock");
	assert_int_equal(c->control_admin_count, 1);
	assert_string_equal(c->control_admin[0], "root");
	assert_int_equal(c->key_count, 1);
	assert_string_equal(c->keys[0].algorithm, "hmac-sha256");
	assert_int_equal(c->keys[0].secret_len, 6);
	assert_memory_equal(c->keys[0].secret, "secret", 6);
	assert_int_equal(c->plugin_count, 1);
	assert_string_equal(c->plugins[0].id, "branding");
	assert_string_equal(bns_yaml_get(c->plugins[0].options, "policy")->text, "zones/branding.yaml");
	assert_int_equal(c->warning_count, 0);
}

static void zones_of_the_example_have_their_settings(void **state)
{
	struct conf_fixture *f = *state;
	const struct bns_conf *c = load_example(f);
	assert_int_equal(c->zone_count, 4);
	const struct bns_conf_zone *z = zone_of(c, "example.net");
	assert_int_equal(z->set->primary_count, 1);
	assert_string_equal(z->set->primary[0]->id, "hidden1");
	assert_ptr_equal(z->set->primary[0]->key, &c->keys[0]);
	assert_int_equal(bns_addr_port(&z->set->primary[0]->address[0]), 853);
	assert_string_equal(z->set->primary[0]->tls->server_name, "xfr.example.org");
	assert_string_equal(z->set->notify[0]->id, "edge1");
	assert_int_equal(z->set->notify[0]->address_count, 2);
	assert_int_equal(bns_addr_port(&z->set->notify[0]->address[1]), 5353);
	assert_int_equal(z->set->acl[0]->actions, BNS_ACL_TRANSFER | BNS_ACL_NOTIFY);
	assert_int_equal(z->set->acl[0]->address[0].bits, 24);
	assert_int_equal(z->line, 50);
	assert_path(f, z->file, "zones/example.net.zone");
	z = zone_of(c, "found.example");
	assert_path(f, z->file, "zones/found.example.zone");
	assert_int_equal(z->line, 0);
	assert_int_equal(z->set->refresh_min_s, 2);
	assert_true(z->set->refresh_max_s == UINT32_MAX);
	assert_int_equal(z->set->serial, BNS_SERIAL_INCREMENT);
	assert_true(z->set->signed_hold_serve);
	assert_false(z->set->held_limit_keep);
	assert_int_equal(z->set->primary_pin_s, 0);
	assert_int_equal(z->set->transfer_max_bytes, (uint64_t)4 << 30);
	assert_int_equal(z->set->transfer_max_records, 50000000);
	assert_int_equal(z->set->transfer_timeout_s, 30);
	assert_int_equal(z->set->transfer_max_s, 7200);
	assert_null(bns_conf_zone(c, "absent.example"));
}

static void catalog_of_the_example_has_its_settings(void **state)
{
	struct conf_fixture *f = *state;
	const struct bns_conf *c = load_example(f);
	const struct bns_conf_catalog *catalog = zone_of(c, "catalog.invalid")->set->catalog;
	assert_int_equal(catalog->role, BNS_CATALOG_INTERPRET);
	assert_int_equal(catalog->template_count, 1);
	assert_string_equal(catalog->templates[0], "default");
	assert_int_equal(catalog->removals_max.value, 10);
	assert_false(catalog->removals_max.is_percent);
	assert_null(zone_of(c, "example.com")->set->catalog);
}

static void generated_catalog_lists_zones_of_a_template(void **state)
{
	const struct bns_conf *c = load_ok(*state, "template: {id: default, file: zones/%s, catalog-zone: Catalog., "
						   "catalog-group: edge, catalog-removals-max: 5%}\n"
						   "zone: [{domain: catalog, catalog-role: generate}, {domain: a}, "
						   "{domain: b}, {domain: c, catalog-zone: ''}]\n");
	const struct bns_conf_zone *a = zone_of(c, "a");
	assert_int_equal(a->set->catalog->role, BNS_CATALOG_MEMBER);
	assert_string_equal(a->set->catalog->zone, "catalog");
	assert_string_equal(a->set->catalog->group, "edge");
	assert_ptr_equal(zone_of(c, "b")->set->catalog, a->set->catalog);
	assert_null(zone_of(c, "c")->set->catalog);
	const struct bns_conf_zone *catalog = zone_of(c, "catalog");
	assert_int_equal(catalog->set->catalog->role, BNS_CATALOG_GENERATE);
	assert_true(catalog->set->catalog->removals_max.is_percent);
	assert_null(catalog->file);
}

static void empty_file_gives_the_defaults(void **state)
{
	struct conf_fixture *f = *state;
	char text[BNS_ADDR_TEXT_MAX];
	const struct bns_conf *c = load_ok(f, "");
	assert_int_equal(c->listen_count, 2);
	assert_string_equal(bns_addr_to_text(&c->listen[0], text), "127.0.0.1@5300");
	assert_string_equal(c->control_admin[0], "root");
	assert_int_equal(c->zone_count, 0);
	assert_null(bns_conf_zone(c, "example.com"));
	c = load_ok(f, "server:\nzone:\nremote: []\n");
	assert_int_equal(c->udp_max_payload, 1232);
}

static void scalar_stands_for_a_list_of_one(void **state)
{
	const struct bns_conf *c = load_ok(*state, "server: {listen: 127.0.0.2}\n"
						   "control: {admin: '@dns'}\n"
						   "remote: {id: r, address: 192.0.2.1}\n"
						   "acl: {id: a, address: 192.0.2.1, action: notify}\n"
						   "zone: {domain: example.com, primary: r, notify: r, acl: a}\n");
	assert_int_equal(c->listen_count, 1);
	assert_int_equal(bns_addr_port(&c->listen[0]), 53);
	assert_string_equal(c->control_admin[0], "@dns");
	assert_int_equal(c->zones[0].set->acl[0]->actions, BNS_ACL_NOTIFY);
	assert_int_equal(c->zones[0].set->acl[0]->address[0].bits, 32);
	assert_null(c->zones[0].file);
	assert_null(c->zones[0].set->primary[0]->key);
}

static void units_are_multiplied_out(void **state)
{
	const struct bns_conf *c =
		load_ok(*state, "server: {tcp-idle-timeout: 2m}\n"
				"database: {max-size: 512M}\n"
				"template: {id: default, file: x, held-limit: 1d, expire-max-interval: 2h,\n"
				"           refresh-max-interval: 90, retry-max-interval: 0}\n"
				"zone: {domain: a}\n");
	assert_int_equal(c->tcp_idle_timeout_s, 120);
	assert_int_equal(c->max_size_bytes, 512u << 20);
	assert_int_equal(c->zones[0].set->held_limit_s, 86400);
	assert_int_equal(c->zones[0].set->expire_max_s, 7200);
	assert_int_equal(c->zones[0].set->refresh_max_s, 90);
	assert_true(c->zones[0].set->retry_max_s == UINT32_MAX);
}

static void zone_begins_with_its_template_or_the_default_one(void **state)
{
	struct conf_fixture *f = *state;
	const struct bns_conf *c =
		load_ok(f, "remote: [{id: r, address: 192.0.2.1}]\n"
			   "template:\n"
			   "  - {id: default, file: d/%s, serial: unixtime}\n"
			   "  - {id: other, primary: r, signed-hold-limit: keep, retry-min-interval: 5s}\n"
			   "zone:\n"
			   "  - {domain: a}\n"
			   "  - {domain: b, template: other}\n"
			   "  - {domain: c, template: other, file: /c, primary: [], serial: unixtime}\n"
			   "  - {domain: d, primary: r, file: ''}\n");
	assert_path(f, c->zones[0].file, "d/a");
	assert_int_equal(c->zones[0].set->serial, BNS_SERIAL_UNIXTIME);
	assert_true(c->zones[0].set->signed_hold_serve);
	assert_null(c->zones[1].file);
	assert_int_equal(c->zones[1].set->primary_count, 1);
	assert_int_equal(c->zones[1].set->retry_min_s, 5);
	assert_int_equal(c->zones[1].set->serial, BNS_SERIAL_INCREMENT);
	assert_false(c->zones[1].set->signed_hold_serve);
	assert_string_equal(c->zones[2].file, "/c");
	assert_int_equal(c->zones[2].set->primary_count, 0);
	assert_int_equal(c->zones[2].set->serial, BNS_SERIAL_UNIXTIME);
	assert_null(c->zones[3].file);
}

static void domains_are_lower_case_without_final_dot(void **state)
{
	const struct bns_conf *c =
		load_ok(*state, "template: {id: default, file: '%s'}\n"
				"zone: [{domain: WWW.Example.COM.}, {domain: .}, {domain: _x.example}]\n");
	assert_string_equal(c->zones[0].domain, "www.example.com");
	assert_string_equal(c->zones[1].domain, ".");
	assert_string_equal(c->zones[2].domain, "_x.example");
	assert_ptr_equal(bns_conf_zone(c, "www.example.com"), &c->zones[0]);
}

static void zone_name_never_leaves_its_folder(void **state)
{
	struct conf_fixture *f = *state;
	const struct bns_conf *c =
		load_ok(f, "template: {id: default, file: 'z/%s.zone'}\n"
			   "zone: [{domain: 64/26.2.0.192.in-addr.arpa}, {domain: '%2f.example'}, {domain: .},\n"
			   "       {domain: '*.a~b.example'}, {domain: f, file: '100%%/%s/%s'}]\n");
	assert_path(f, zone_of(c, "64/26.2.0.192.in-addr.arpa")->file, "z/64%2F26.2.0.192.in-addr.arpa.zone");
	assert_path(f, zone_of(c, "%2f.example")->file, "z/%252f.example.zone");
	assert_path(f, zone_of(c, ".")->file, "z/%2E.zone");
	assert_path(f, zone_of(c, "*.a~b.example")->file, "z/*.a%7Eb.example.zone");
	assert_path(f, zone_of(c, "f")->file, "100%/f/f");
}

static void percent_sign_of_the_folder_is_no_pattern(void **state)
{
	struct conf_fixture *f = *state;
	assert_int_equal(mkdir("50%s", 0700), 0);
	write_file("50%s/main.yaml", "zone: {domain: a, file: '%s.zone'}\n");
	assert_int_equal(bns_conf_load("50%s/main.yaml", &f->conf, &f->diag), BNS_OK);
	assert_path(f, f->conf->zones[0].file, "50%s/a.zone");
}

static void zone_directory_adds_every_zone_file(void **state)
{
	struct conf_fixture *f = *state;
	assert_int_equal(mkdir("z", 0700) | mkdir("z/folder.zone", 0700), 0);
	write_file("z/B.example.zone", "");
	write_file("z/64%2F26.2.0.192.in-addr.arpa.zone", "");
	write_file("z/.hidden.zone", "");
	write_file("z/a.example.zone~", "");
	write_file("z/.zone", "");
	write_file("z/not a name.zone", "");
	write_file("z/branding.yaml", "");
	const struct bns_conf *c = load_ok(f, "template: [{id: default, file: nowhere}, {id: t, serial: unixtime}]\n"
					      "zone-directory: [{path: z, template: t}]\n");
	assert_int_equal(c->zone_count, 2);
	assert_string_equal(c->zones[0].domain, "64/26.2.0.192.in-addr.arpa");
	assert_string_equal(c->zones[1].domain, "b.example");
	assert_path(f, c->zones[1].file, "z/B.example.zone");
	assert_int_equal(c->zones[1].set->serial, BNS_SERIAL_UNIXTIME);
	assert_int_equal(c->warning_count, 1);
	assert_path(f, c->warnings[0].file, "z/not a name.zone");
	assert_string_equal(c->warnings[0].text, "the file is ignored: what stands before .zone is not a domain name");
}

static void written_zone_wins_over_the_directory(void **state)
{
	struct conf_fixture *f = *state;
	assert_int_equal(mkdir("z", 0700), 0);
	write_file("z/a.zone", "");
	write_file("z/b.zone", "");
	write_file("z/c.zone", "");
	const struct bns_conf *c = load_ok(f, "remote: {id: r, address: 192.0.2.1}\n"
					      "zone-directory: {path: z}\n"
					      "zone: [{domain: a, serial: unixtime}, {domain: b, file: /own},\n"
					      "       {domain: c, primary: r}]\n");
	assert_int_equal(c->zone_count, 3);
	assert_path(f, c->zones[0].file, "z/a.zone");
	assert_int_equal(c->zones[0].set->serial, BNS_SERIAL_UNIXTIME);
	assert_int_equal(c->zones[0].line, 3);
	assert_string_equal(c->zones[1].file, "/own");
	assert_null(c->zones[2].file);
}

static void included_files_add_their_sections(void **state)
{
	struct conf_fixture *f = *state;
	assert_int_equal(mkdir("inc", 0700) | mkdir("inc/empty", 0700) | mkdir("inc/deeper", 0700), 0);
	write_file("inc/a.yaml", "zone: [{domain: a, file: a.zone}]\ninclude: deeper/c.yaml\nserver: {workers: 3}\n");
	write_file("inc/b.yaml", "zone: [{domain: b, primary: r}]\n");
	write_file("inc/deeper/c.yaml", "zone: [{domain: c, file: c.zone}]\nplugin: {id: x, path: p}\n");
	const struct bns_conf *c = load_ok(f, "include: [inc/*.yaml, inc/empty/*.yaml]\n"
					      "server: {tcp-max-clients: 7}\n"
					      "zone: [{domain: d, file: d.zone}]\n"
					      "remote: [{id: r, address: 192.0.2.1}]\n");
	assert_int_equal(c->zone_count, 4);
	assert_path(f, zone_of(c, "a")->file, "inc/a.zone");
	assert_string_equal(zone_of(c, "b")->set->primary[0]->id, "r");
	assert_path(f, zone_of(c, "c")->file, "inc/deeper/c.zone");
	assert_path(f, zone_of(c, "d")->file, "d.zone");
	assert_int_equal(c->workers, 3);
	assert_int_equal(c->tcp_max_clients, 7);
	assert_path(f, c->plugins[0].options->file, "inc/deeper/c.yaml");
}

static void secret_is_read_from_its_file(void **state)
{
	write_file("k1.secret", " c2VjcmV0cw==\n");
	const struct bns_conf *c = load_ok(*state, "key: [{id: K1., algorithm: hmac-sha512, secret-file: k1.secret}]\n"
						   "remote: {id: r, address: 192.0.2.1, key: k1}\n"
						   "acl: {id: a, key: K1, action: transfer}\n"
						   "zone: {domain: a, primary: r, acl: a}\n");
	assert_string_equal(c->keys[0].id, "k1");
	assert_string_equal(c->keys[0].algorithm, "hmac-sha512");
	assert_int_equal(c->keys[0].secret_len, 7);
	assert_memory_equal(c->keys[0].secret, "secrets", 7);
	assert_ptr_equal(c->zones[0].set->primary[0]->key, c->keys);
	assert_ptr_equal(c->zones[0].set->acl[0]->key, c->keys);
}

static void keys_keep_their_secrets_in_whatever_order_they_are_written(void **state)
{
	const struct bns_conf *c =
		load_ok(*state, "key: [{id: z, secret: eg==}, {id: a, secret: YQ==}]\n"
				"remote: [{id: ra, address: 192.0.2.9, key: a}, {id: rz, address: 192.0.2.9, key: z}]\n"
				"zone: {domain: a, primary: [ra, rz]}\n");
	assert_memory_equal(c->zones[0].set->primary[0]->key->secret, "a", 1);
	assert_memory_equal(c->zones[0].set->primary[1]->key->secret, "z", 1);
}

static void user_may_be_left_alone(void **state)
{
	assert_null(load_ok(*state, "server: {user: ''}\n")->user);
	assert_string_equal(load_ok(*state, "server: {user: root}\n")->user, "root");
}

static void inline_secret_in_a_readable_file_is_a_warning(void **state)
{
	char got[1024];
	write_file("main.yaml", "");
	assert_int_equal(chmod("main.yaml", 0640), 0);
	const struct bns_conf *c = load_ok(*state, "key:\n  - id: k1\n    secret: c2VjcmV0\n");
	assert_int_equal(c->warning_count, 1);
	assert_string_equal(bns_diag_format(&c->warnings[0], got, sizeof(got)),
			    "main.yaml:3:13: the secret of key 'k1' stands in a file that others can read; "
			    "use secret-file, or chmod 600");
}

static void server_introduces_itself_by_what_is_written(void **state)
{
	const struct bns_conf *c = load_ok(
		*state, "server:\n  identity: edge1\n  version: 'one, or two'\n  nsid: 0x00ffAB\n"
			"  cookie-secret: [00112233445566778899aabbccddeeff, FFEEDDCCBBAA99887766554433221100]\n"
			"  report-channel: Agent.Example.COM.\n");
	assert_string_equal(c->identity, "edge1");
	assert_string_equal(c->version, "one, or two");
	assert_int_equal(c->nsid.len, 3);
	assert_memory_equal(c->nsid.data, "\0\377\253", 3);
	assert_int_equal(c->cookie_secret_count, 2);
	assert_memory_equal(c->cookie_secrets[0].octets, "\0\21\42\63\104\125\146\167\210\231\252\273\314\335\356\377",
			    16);
	assert_int_equal(c->cookie_secrets[1].octets[0], 0xFF);
	assert_string_equal(c->report_channel, "agent.example.com");
	assert_int_equal(c->warning_count, 0);

	c = load_ok(*state, "server: {nsid: ns1, cookie-secret: 00112233445566778899001122334455}\n");
	assert_int_equal(c->nsid.len, 3);
	assert_memory_equal(c->nsid.data, "ns1", 3);
	assert_int_equal(c->cookie_secret_count, 1);
	assert_int_equal(c->cookie_secrets[0].octets[15], 0x55);
}

static void server_that_is_not_introduced_says_nothing(void **state)
{
	static const char *const texts[] = {
		"server: {}\n",
		"server: {identity: '', version: '', nsid: '', cookie-secret: '', report-channel: ''}\n",
		"server: {identity: , version: , nsid: , cookie-secret: [], report-channel: }\n"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const struct bns_conf *c = load_ok(*state, texts[i]);
		assert_string_equal(c->identity, "");
		assert_string_equal(c->version, "");
		assert_int_equal(c->nsid.len, 0);
		assert_int_equal(c->cookie_secret_count, 0);
		assert_null(c->report_channel);
	}
}

static void cookie_secret_in_a_readable_file_is_a_warning(void **state)
{
	char got[1024];
	write_file("main.yaml", "");
	assert_int_equal(chmod("main.yaml", 0644), 0);
	const struct bns_conf *c = load_ok(*state, "server:\n  cookie-secret: 00112233445566778899aabbccddeeff\n");
	assert_int_equal(c->warning_count, 1);
	assert_string_equal(bns_diag_format(&c->warnings[0], got, sizeof(got)),
			    "main.yaml:2:18: 'cookie-secret' stands in a file that others can read; chmod 600 it");
}

static void acl_open_to_everyone_is_a_warning(void **state)
{
	char got[1024];
	const struct bns_conf *c = load_ok(*state, "acl:\n  - id: world\n    action: transfer\n");
	assert_int_equal(c->warning_count, 1);
	assert_string_equal(
		bns_diag_format(&c->warnings[0], got, sizeof(got)),
		"main.yaml:2:5: acl 'world' names neither address nor key nor certificate: it is open to everyone");
}

#define PIN "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

static void remote_by_tls_is_read_with_its_own_port(void **state)
{
	struct conf_fixture *f = *state;
	const struct bns_conf *c =
		load_ok(f, "remote:\n"
			   "  - id: named\n"
			   "    address: [192.0.2.1, '2001:db8::1', 192.0.2.1@8853]\n"
			   "    tls: {server-name: XFR.example.org., ca-file: ca.pem, pin: " PIN ",\n"
			   "          cert-file: /etc/own.crt, key-file: own.key}\n"
			   "  - id: any\n"
			   "    tls: {profile: opportunistic}\n"
			   "    address: 192.0.2.2\n"
			   "  - {id: clear, address: 192.0.2.3}\n");
	assert_int_equal(c->remote_count, 3);
	const struct bns_conf_remote *named = &c->remotes[0];
	assert_int_equal(bns_addr_port(&named->address[0]), 853);
	assert_int_equal(bns_addr_port(&named->address[1]), 853);
	assert_int_equal(bns_addr_port(&named->address[2]), 8853);
	assert_string_equal(named->tls->server_name, "xfr.example.org");
	assert_path(f, named->tls->ca_file, "ca.pem");
	assert_int_equal(named->tls->pin_count, 1);
	for (unsigned i = 0; i < BNS_CONF_PIN_LEN; i++)
		assert_int_equal(named->tls->pin[0].sha256[i], i);
	assert_string_equal(named->tls->cert_file, "/etc/own.crt");
	assert_path(f, named->tls->key_file, "own.key");
	assert_false(named->tls->opportunistic);
	assert_true(c->remotes[1].tls->opportunistic);
	assert_int_equal(bns_addr_port(&c->remotes[1].address[0]), 853);
	assert_null(c->remotes[2].tls);
	assert_int_equal(bns_addr_port(&c->remotes[2].address[0]), 53);
}

static void acl_may_want_a_protocol_and_a_client_certificate(void **state)
{
	struct conf_fixture *f = *state;
	const struct bns_conf *c =
		load_ok(f, "server: {listen-tls: 127.0.0.1, tls-cert-file: a, tls-key-file: b}\n"
			   "acl:\n"
			   "  - {id: a, protocol: [tcp, tls], action: transfer, address: 192.0.2.1}\n"
			   "  - {id: b, cert-key: [" PIN ", " PIN "], action: transfer}\n"
			   "  - {id: c, cert-hostname: x.test, ca-file: ca.pem, action: transfer}\n");
	assert_int_equal(c->warning_count, 0);
	assert_int_equal(c->acl_count, 3);
	assert_int_equal(c->acls[0].protocols, 1u << BNS_TRANSPORT_TCP | 1u << BNS_TRANSPORT_TLS);
	assert_int_equal(c->acls[1].cert_key_count, 2);
	assert_int_equal(c->acls[1].cert_key[1].sha256[31], 31);
	assert_int_equal(c->acls[2].cert_hostname_count, 1);
	assert_string_equal(c->acls[2].cert_hostname[0], "x.test");
	assert_path(f, c->acls[2].ca_file, "ca.pem");
}

static void acl_for_certificates_without_tls_is_a_warning(void **state)
{
	char got[1024];
	const struct bns_conf *c = load_ok(*state, "acl:\n  - {id: a, cert-key: " PIN ", action: transfer}\n");
	assert_int_equal(c->warning_count, 1);
	assert_string_equal(bns_diag_format(&c->warnings[0], got, sizeof(got)),
			    "main.yaml:2:5: acl 'a' wants a client certificate, which nobody can show: "
			    "server.listen-tls is empty");
}

static void twenty_thousand_zones_are_found_again(void **state)
{
	struct conf_fixture *f = *state;
	char domain[32];
	FILE *file = fopen("main.yaml", "w");
	fputs("template: [{id: default, file: 'z/%s.zone'}]\nzone:\n", file);
	for (unsigned i = 0; i < 20000; i++)
		fprintf(file, "  - domain: z%u.example\n", i * 7919 % 20000);
	fclose(file);
	assert_int_equal(bns_conf_load("main.yaml", &f->conf, &f->diag), BNS_OK);
	assert_int_equal(f->conf->zone_count, 20000);
	for (unsigned i = 0; i < 20000; i++) {
		snprintf(domain, sizeof(domain), "z%u.example", i);
		assert_string_equal(zone_of(f->conf, domain)->domain, domain);
	}
}

/* A hundred zones from `first` on, each as `format` has its name. */
static size_t put_hundred(char *text, size_t used, size_t cap, unsigned first, const char *format)
{
	for (unsigned i = first; i < first + 100; i++) {
		char name[32];
		snprintf(name, sizeof(name), i % 7 ? "z%u.example" : "Z%u-x.Example.", i);
		used += (size_t)snprintf(text + used, cap - used, format, name);
	}
	return used;
}

/* Some say more than their name, some lines are comments, and there is something before and behind. */
static void write_runs(const char *path, const char *format)
{
	char text[32768];
	size_t used = (size_t)snprintf(text, sizeof(text),
				       "server: {workers: 3}\ntemplate: [{id: default, file: '%%s'}]\n"
				       "zone:\n  - domain: alone.example\n");
	used = put_hundred(text, used, sizeof(text), 0, format);
	used += (size_t)snprintf(text + used, sizeof(text) - used, "    file: own\n# further ones\n\n");
	used = put_hundred(text, used, sizeof(text), 100, format);
	used += (size_t)snprintf(text + used, sizeof(text) - used, "  - {domain: b.example, file: /b}\n");
	used = put_hundred(text, used, sizeof(text), 200, format);
	snprintf(text + used, sizeof(text) - used, "database: {journal-depth: 7}\n");
	write_file(path, text);
}

static void runs_of_bare_names_are_what_they_are_in_any_other_form(void **state)
{
	struct conf_fixture *f = *state;
	struct bns_conf *other;
	write_runs("main.yaml", "  - domain: %s\n");
	assert_int_equal(bns_conf_load("main.yaml", &f->conf, &f->diag), BNS_OK);
	write_runs("other.yaml", "  - domain: \"%s\"\n");
	assert_int_equal(bns_conf_load("other.yaml", &other, &f->diag), BNS_OK);
	assert_int_equal(other->zone_count, 302);
	assert_int_equal(f->conf->zone_count, 302);
	assert_int_equal(f->conf->workers, 3);
	assert_int_equal(f->conf->journal_depth, 7);
	for (size_t i = 0; i < other->zone_count; i++) {
		const struct bns_conf_zone *is = &other->zones[i], *z = zone_of(f->conf, is->domain);
		assert_string_equal(z->file, is->file);
		assert_int_equal(z->line, is->line);
		assert_int_equal(z->set->primary_count, is->set->primary_count);
		assert_true(z->set->owner == &f->conf->owner);
	}
	assert_path(f, zone_of(f->conf, "z99.example")->file, "own");
	bns_conf_free(other);
}

static void run_takes_its_templates_settings(void **state)
{
	char text[8192];
	size_t used = (size_t)snprintf(text, sizeof(text),
				       "remote: {id: up, address: 192.0.2.1}\n"
				       "template: {id: default, primary: up}\nzone:\n");
	put_hundred(text, used, sizeof(text), 0, "- domain: %s\n");
	const struct bns_conf *c = load_ok(*state, text);
	assert_int_equal(c->zone_count, 100);
	assert_null(zone_of(c, "z50.example")->file);
	assert_ptr_equal(zone_of(c, "z50.example")->set, c->zones[0].set);
	assert_string_equal(c->zones[0].set->primary[0]->id, "up");
}

static void runs_of_included_files_are_all_there(void **state)
{
	struct conf_fixture *f = *state;
	char text[8192];
	size_t used = (size_t)snprintf(text, sizeof(text), "zone:\n");
	put_hundred(text, used, sizeof(text), 0, "- domain: %s\n");
	write_file("a.yaml", text);
	used = (size_t)snprintf(text, sizeof(text), "template: {id: default, file: 'n/%%s'}\nzone:\n");
	used = put_hundred(text, used, sizeof(text), 100, "- domain: %s\n");
	snprintf(text + used, sizeof(text) - used, "include: a.yaml\n");
	const struct bns_conf *c = load_ok(f, text);
	assert_int_equal(c->zone_count, 200);
	assert_path(f, zone_of(c, "z50.example")->file, "n/z50.example");
	assert_int_equal(zone_of(c, "z50.example")->line, 52);
	assert_int_equal(zone_of(c, "z150.example")->line, 53);
}

static void zones_of_a_folder_yield_to_those_of_a_run(void **state)
{
	char text[8192];
	size_t used = (size_t)snprintf(text, sizeof(text),
				       "template: {id: default, file: /n/%%s}\n"
				       "zone-directory: {path: z}\nzone:\n");
	put_hundred(text, used, sizeof(text), 0, "- domain: %s\n");
	assert_int_equal(mkdir("z", 0700), 0);
	write_file("z/z50.example.zone", "");
	write_file("z/found.example.zone", "");
	const struct bns_conf *c = load_ok(*state, text);
	assert_int_equal(c->zone_count, 101);
	assert_string_equal(zone_of(c, "z50.example")->file, "/n/z50.example");
	assert_int_equal(zone_of(c, "found.example")->line, 0);
}

static void what_only_looks_like_a_run_is_none(void **state)
{
	char text[8192];
	size_t used = (size_t)snprintf(text, sizeof(text), "plugin:\n  id: x\n  note: |\n");
	used = put_hundred(text, used, sizeof(text), 0, "    - domain: %s\n");
	snprintf(text + used, sizeof(text) - used, "zone:\n  - {domain: a, file: a}\n");
	const struct bns_conf *c = load_ok(*state, text);
	assert_int_equal(c->zone_count, 1);
	assert_non_null(strstr(bns_yaml_get(c->plugins[0].options, "note")->text, "- domain: z50.example\n"));
}

static char *describe(enum bns_describe_format format)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	assert_non_null(out);
	bns_conf_describe(out, format);
	fclose(out);
	return text;
}

static void description_names_options_kinds_and_defaults(void **state)
{
	(void)state;
	char *text = describe(BNS_DESCRIBE_TEXT);
	assert_non_null(strstr(text, "\n  max-size: size such as 512M; default 4G\n      Largest size of the store"));
	assert_non_null(strstr(text, "\n  algorithm: hmac-sha256, hmac-sha384 or hmac-sha512; default hmac-sha256\n"));
	assert_non_null(strstr(text, "\n  primary: list of ids from remote\n"));
	assert_non_null(strstr(text, "\n  address: list of addresses; required\n"));
	assert_non_null(strstr(text, "\n  nsid: text or 0xHEX\n"));
	free(text);
	text = describe(BNS_DESCRIBE_MAN);
	assert_non_null(strstr(text, "\n.SS zone\\-directory\n"));
	assert_non_null(strstr(text, " default [127.0.0.1@5300, \\(dq::1@5300\\(dq])\"\n"));
	assert_non_null(strstr(text, "\n.TP\n.BR max\\-size \" (size such as 512M; default 4G)\"\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONF_TEST(sections_of_the_example_are_read),
		CONF_TEST(zones_of_the_example_have_their_settings),
		CONF_TEST(catalog_of_the_example_has_its_settings),
		CONF_TEST(generated_catalog_lists_zones_of_a_template),
		CONF_TEST(empty_file_gives_the_defaults),
		CONF_TEST(scalar_stands_for_a_list_of_one),
		CONF_TEST(units_are_multiplied_out),
		CONF_TEST(zone_begins_with_its_template_or_the_default_one),
		CONF_TEST(domains_are_lower_case_without_final_dot),
		CONF_TEST(zone_name_never_leaves_its_folder),
		CONF_TEST(percent_sign_of_the_folder_is_no_pattern),
		CONF_TEST(zone_directory_adds_every_zone_file),
		CONF_TEST(written_zone_wins_over_the_directory),
		CONF_TEST(included_files_add_their_sections),
		CONF_TEST(secret_is_read_from_its_file),
		CONF_TEST(keys_keep_their_secrets_in_whatever_order_they_are_written),
		CONF_TEST(user_may_be_left_alone),
		CONF_TEST(inline_secret_in_a_readable_file_is_a_warning),
		CONF_TEST(server_introduces_itself_by_what_is_written),
		CONF_TEST(server_that_is_not_introduced_says_nothing),
		CONF_TEST(cookie_secret_in_a_readable_file_is_a_warning),
		CONF_TEST(acl_open_to_everyone_is_a_warning),
		CONF_TEST(remote_by_tls_is_read_with_its_own_port),
		CONF_TEST(acl_may_want_a_protocol_and_a_client_certificate),
		CONF_TEST(acl_for_certificates_without_tls_is_a_warning),
		CONF_TEST(twenty_thousand_zones_are_found_again),
		CONF_TEST(runs_of_bare_names_are_what_they_are_in_any_other_form),
		CONF_TEST(run_takes_its_templates_settings),
		CONF_TEST(runs_of_included_files_are_all_there),
		CONF_TEST(zones_of_a_folder_yield_to_those_of_a_run),
		CONF_TEST(what_only_looks_like_a_run_is_none),
		cmocka_unit_test(description_names_options_kinds_and_defaults),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
