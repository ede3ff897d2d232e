/* SPDX-License-Identifier: BSD-3-Clause */
/* Every mistake is told with its place and what was expected. */
#include "conf_fixture.h"

#define R "remote: [{id: hidden1, address: 192.0.2.1}, {id: edge1, address: 192.0.2.2}]\n"

struct mistake {
	const char *text;
	const char *message;
};

static void assert_all_refused(void **state, const struct mistake *mistakes)
{
	for (size_t i = 0; mistakes[i].text; i++)
		assert_refused(*state, mistakes[i].text, mistakes[i].message);
}

static void unknown_keys_are_named_with_the_nearest_known_one(void **state)
{
	static const struct mistake mistakes[] = {
		{"server:\n  lissten: 127.0.0.1\n",
		 "main.yaml:2:3: unknown key 'lissten' in 'server'; did you mean 'listen'?"},
		{"database:\n  max-sized: 4G\n",
		 "main.yaml:2:3: unknown key 'max-sized' in 'database'; did you mean 'max-size'?"},
		{"zone:\n  - domain: a\n    fiel: b\n",
		 "main.yaml:3:5: unknown key 'fiel' in 'zone'; did you mean 'file'?"},
		{"control:\n  colour: red\n", "main.yaml:2:3: unknown key 'colour' in 'control'; known: listen, admin"},
		{"servr: {}\n", "main.yaml:1:1: unknown section 'servr'; did you mean 'server'?"},
		{"inklude: a\n", "main.yaml:1:1: unknown section 'inklude'; did you mean 'include'?"},
		{"logging: {}\n", "main.yaml:1:1: unknown section 'logging'; known: include, server, database, "
				  "control, key, remote, acl, template, zone-directory, zone, plugin"},
		{0}};
	assert_all_refused(state, mistakes);
}

static void wrong_shapes_are_told_what_is_expected(void **state)
{
	static const struct mistake mistakes[] = {
		{"- a\n", "main.yaml:1:1: a configuration is a mapping of sections such as 'server' and 'zone'"},
		{"server: 5\n", "main.yaml:1:9: 'server' takes a mapping with keys such as 'listen'"},
		{"server: [a]\n", "main.yaml:1:9: 'server' takes a mapping with keys such as 'listen'"},
		{"zone: example.com\n", "main.yaml:1:7: 'zone' takes a list of mappings"},
		{"zone:\n  - example.com\n", "main.yaml:2:5: 'zone' takes a mapping with keys such as 'domain'"},
		{"server: {workers: [1]}\n", "main.yaml:1:19: 'workers' takes a single value, not a list"},
		{"server: {workers: {}}\n", "main.yaml:1:19: 'workers' takes a single value, not a mapping"},
		{"server: {listen: {a: b}}\n", "main.yaml:1:18: 'listen' takes a list, not a mapping"},
		{"server: {listen: [[a]]}\n", "main.yaml:1:19: 'listen' takes a list of single values"},
		{"acl: [{id: a, action: [[transfer]]}]\n", "main.yaml:1:24: 'action' takes a list of single values"},
		{"server: {listen: []}\n", "main.yaml:1:18: 'listen' takes at least one element"},
		{"acl: [{id: a, action: []}]\n", "main.yaml:1:23: 'action' takes at least one element"},
		{0}};
	assert_all_refused(state, mistakes);
}

static void wrong_values_are_told_what_is_expected(void **state)
{
	static const struct mistake mistakes[] = {
		{"server: {workers: many}\n", "main.yaml:1:19: 'workers' takes a number from 0 to 1024, not 'many'"},
		{"server: {workers: -1}\n", "main.yaml:1:19: 'workers' takes a number from 0 to 1024, not '-1'"},
		{"server: {udp-max-payload: 511}\n",
		 "main.yaml:1:27: 'udp-max-payload' takes a number from 512 to 65535, not '511'"},
		{"server: {tcp-idle-timeout: soon}\n",
		 "main.yaml:1:28: 'tcp-idle-timeout' takes a duration such as 10s, 5m, 2h or 1d, not 'soon'"},
		{"server: {tcp-idle-timeout: 2h}\n",
		 "main.yaml:1:28: 'tcp-idle-timeout' takes a duration from 1s to 1h, not '2h'"},
		{"database: {max-size: big}\n",
		 "main.yaml:1:22: 'max-size' takes a size such as 512M or 4G, not 'big'"},
		{"database: {max-size: G}\n", "main.yaml:1:22: 'max-size' takes a size such as 512M or 4G, not 'G'"},
		{"database: {max-size: 4K}\n", "main.yaml:1:22: 'max-size' takes a size from 1M to 16T, not '4K'"},
		{"database: {max-size: 99999999999999999999}\n",
		 "main.yaml:1:22: 'max-size' takes a size from 1M to 16T, not '99999999999999999999'"},
		{"database: {journal-depth: 0}\n",
		 "main.yaml:1:27: 'journal-depth' takes a number from 1 to 100000, not '0'"},
		{"database: {storage: ''}\n", "main.yaml:1:21: 'storage' takes a path, not nothing"},
		{"server: {listen: localhost}\n",
		 "main.yaml:1:18: 'listen' takes an address such as 192.0.2.1, 192.0.2.1@5300 or ::1@53, not "
		 "'localhost'"},
		{"acl: [{id: a, address: 192.0.2.0/33, action: notify}]\n",
		 "main.yaml:1:24: 'address' takes an address or prefix such as 192.0.2.0/24 or 2001:db8::/32, not "
		 "'192.0.2.0/33'"},
		{"acl: [{id: a, action: update}]\n", "main.yaml:1:23: 'action' takes transfer or notify, not 'update'"},
		{"key: [{id: a, algorithm: hmac-md5}]\n",
		 "main.yaml:1:26: 'algorithm' takes hmac-sha256, hmac-sha384 or hmac-sha512, not 'hmac-md5'"},
		{"zone: [{domain: a, signed-hold-limit: yes}]\n",
		 "main.yaml:1:39: 'signed-hold-limit' takes keep or serve, not 'yes'"},
		{"control: {admin: ['']}\n", "main.yaml:1:19: 'admin' takes no empty element"},
		{"remote: [{id: '', address: 192.0.2.9}]\n", "main.yaml:1:15: 'id' must not be empty"},
		{"zone: [{domain: a, file: 'x%d'}]\n",
		 "main.yaml:1:26: 'file' knows %s for the zone's name and %% for a percent sign, not '%d'"},
		{"zone: [{domain: a, file: x, refresh-min-interval: 0}]\n",
		 "main.yaml:1:51: 'refresh-min-interval' takes a duration from 1s to 49710d 6h, not '0'"},
		{0}};
	assert_all_refused(state, mistakes);
}

static void socket_path_beyond_the_systems_limit_is_refused(void **state)
{
	char path[110] = "/", text[200];
	memset(path + 1, 's', 106);
	snprintf(text, sizeof(text), "control: {listen: %s}\n", path);
	assert_string_equal(load_ok(*state, text)->control_listen, path);
	snprintf(text, sizeof(text), "control: {listen: %ss}\n", path);
	assert_refused(*state, text, "main.yaml:1:19: 'listen' takes a path of at most 107 octets, this one has 108");
}

static void domains_are_checked(void **state)
{
#define NOT_A_DOMAIN(text)                                                                                             \
	"main.yaml:1:17: 'domain' takes a domain name (labels of 1 to 63 octets, 253 in all, an international one in " \
	"its xn-- form), not '" text "'"
#define L63 "aaaaaaaaabaaaaaaaaabaaaaaaaaabaaaaaaaaabaaaaaaaaabaaaaaaaaabaaa"
#define L61 "aaaaaaaaabaaaaaaaaabaaaaaaaaabaaaaaaaaabaaaaaaaaabaaaaaaaaaba"
	static const struct mistake mistakes[] = {
		{"zone: [{domain: a..b}]\n", NOT_A_DOMAIN("a..b")},
		{"zone: [{domain: ''}]\n", NOT_A_DOMAIN("")},
		{"zone: [{domain: .a}]\n", NOT_A_DOMAIN(".a")},
		{"zone: [{domain: ..}]\n", NOT_A_DOMAIN("..")},
		{"zone: [{domain: 'a b'}]\n", NOT_A_DOMAIN("a b")},
		{"zone: [{domain: 'a\\b'}]\n", NOT_A_DOMAIN("a\\b")},
		{"zone: [{domain: b\xc3\xbc.example}]\n", NOT_A_DOMAIN("b\xc3\xbc.example")},
		{"zone: [{domain: " L63 "a}]\n", NOT_A_DOMAIN(L63 "a")},
		{"zone: [{domain: " L63 "." L63 "." L63 "." L61 "a}]\n", NOT_A_DOMAIN(L63 ".")},
		{0}};
	assert_all_refused(state, mistakes);
	load_ok(*state, "zone: [{domain: " L63 "." L63 "." L63 "." L61 ", file: x}]\n");
}

static void what_is_needed_and_missing_is_named(void **state)
{
	static const struct mistake mistakes[] = {
		{"remote:\n  - id: a\n", "main.yaml:2:5: a remote needs 'address'"},
		{"remote:\n  - address: 192.0.2.9\n", "main.yaml:2:5: a remote needs 'id'"},
		{"acl:\n  - id: a\n", "main.yaml:2:5: an acl needs 'action'"},
		{"zone:\n  - file: a\n", "main.yaml:2:5: a zone needs 'domain'"},
		{"zone-directory:\n  - {}\n", "main.yaml:2:5: a zone-directory needs 'path'"},
		{"plugin:\n  - policy: a\n", "main.yaml:2:5: a plugin needs 'id'"},
		{"key:\n  - id: k1\n", "main.yaml:2:5: key 'k1' needs either 'secret' or 'secret-file'"},
		{"key:\n  - {id: k1, secret: YQ==, secret-file: x}\n",
		 "main.yaml:2:5: key 'k1' needs either 'secret' or 'secret-file'"},
		{"zone:\n  - domain: example.com\n",
		 "main.yaml:2:5: zone 'example.com' has neither 'file' nor 'primary', and no zone-directory has its "
		 "file"},
		{0}};
	assert_all_refused(state, mistakes);
}

static void unknown_references_are_told_the_known_ids(void **state)
{
	static const struct mistake mistakes[] = {
		{R "zone:\n  - domain: a\n    primary: [hidden1, hiden1]\n",
		 "main.yaml:4:24: unknown remote 'hiden1'; did you mean 'hidden1'? Known: edge1, hidden1"},
		{R "zone:\n  - domain: a\n    notify: somebody\n",
		 "main.yaml:4:13: unknown remote 'somebody'; known: edge1, hidden1"},
		{"zone: [{domain: a, acl: x}]\n", "main.yaml:1:25: unknown acl 'x'; no acl is configured"},
		{"zone: [{domain: a, template: x}]\n",
		 "main.yaml:1:30: unknown template 'x'; no template is configured"},
		{"remote: [{id: a, address: 192.0.2.9, key: k}]\n",
		 "main.yaml:1:43: unknown key 'k'; no key is configured"},
		{0}};
	assert_all_refused(state, mistakes);
}

static void many_known_ids_are_cut_short(void **state)
{
	char text[1024] = "remote:\n";
	for (int i = 0; i < 15; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "  - {id: r%02d, address: 192.0.2.9}\n", i);
	strcat(text, "zone: [{domain: a, primary: somebody}]\n");
	assert_refused(
		*state, text,
		"main.yaml:17:29: unknown remote 'somebody'; known: r00, r01, r02, r03, r04, r05, r06, r07, r08, "
		"r09, ...");
}

/* A hundred zones by their name alone, the last but one of them `name`, and `more` behind them. */
static const char *hundred(char text[8192], const char *name, const char *more)
{
	size_t used = (size_t)snprintf(text, 8192, "template: {id: default, file: '%%s'}\nzone:\n");
	for (int i = 0; i < 98; i++)
		used += (size_t)snprintf(text + used, 8192 - used, "- domain: z%d.example\n", i);
	snprintf(text + used, 8192 - used, "- domain: %s\n- domain: last.example\n%s", name, more);
	return text;
}

static void mistakes_among_bare_names_are_found_where_they_stand(void **state)
{
	char text[8192];
	assert_refused(*state, hundred(text, "z50.example", ""),
		       "main.yaml:101:11: zone 'z50.example' is written twice; the first is at main.yaml:53");
	assert_refused(*state, hundred(text, "two..dots", ""),
		       "main.yaml:101:11: 'domain' takes a domain name (labels of 1 to 63 octets, 253 in all, an "
		       "international one in its xn-- form), not 'two..dots'");
	assert_refused(*state, hundred(text, "z98.example", "- {domain: z50.example, file: x}\n"),
		       "main.yaml:103:12: zone 'z50.example' is written twice; the first is at main.yaml:53");
	assert_refused(*state, hundred(text, "z98.example", "colour: red\n"),
		       "main.yaml:103:1: unknown section 'colour'; known: include, server, database, control, key, "
		       "remote, acl, template, zone-directory, zone, plugin");
}

static void what_is_written_twice_is_shown_with_both_places(void **state)
{
	static const struct mistake mistakes[] = {
		{"zone:\n  - {domain: a, file: x}\n  - {domain: b, file: x}\n  - {file: y, domain: A.}\n",
		 "main.yaml:4:23: zone 'a' is written twice; the first is at main.yaml:2"},
		{"remote:\n  - {id: a, address: 192.0.2.9}\n  - {id: a, address: 192.0.2.9}\n",
		 "main.yaml:3:10: remote 'a' is written twice; the first is at main.yaml:2"},
		{"key:\n  - {id: a, secret: YQ==}\n  - {id: A, secret: YQ==}\n",
		 "main.yaml:3:10: key 'a' is written twice; the first is at main.yaml:2"},
		{"plugin:\n  - id: a\n  - id: a\n",
		 "main.yaml:3:9: plugin 'a' is written twice; the first is at main.yaml:2"},
		{"server:\n  workers: 1\n  workers: 2\n",
		 "main.yaml:3:3: \"workers\" is given twice, at line 2 and at line 3; keep one of them"},
		{0}};
	assert_all_refused(state, mistakes);
}

static void what_asks_for_nothing_may_be_written(void **state)
{
	load_ok(*state, "server: {listen-tls: [], tls-cert-file: '', cookie-secret: , identity: ''}\n"
			"remote: {id: a, address: 192.0.2.9, tls: }\n"
			"zone: {domain: a, primary: a, catalog-role: none, catalog-template: [], catalog-zone: '', "
			"catalog-group: ''}\n");
}

#define T "template: [{id: t, primary: hidden1}]\n"

static void catalogs_that_cannot_work_are_refused(void **state)
{
	static const struct mistake mistakes[] = {
		{R "zone:\n  - {domain: c, primary: hidden1, catalog-role: interpret}\n",
		 "main.yaml:3:5: zone 'c': catalog-template: there is no template 'default'"},
		{R T "zone:\n  - {domain: c, primary: hidden1, catalog-role: interpret, catalog-template: [t, u]}\n",
		 "main.yaml:4:5: zone 'c': catalog-template: there is no template 'u'"},
		{R "template: [{id: t}]\nzone:\n"
		   "  - {domain: c, primary: hidden1, catalog-role: interpret, catalog-template: t}\n",
		 "main.yaml:4:5: zone 'c': catalog-template: template 't' has neither 'primary' nor 'file', so members "
		 "would be served from nowhere"},
		{R "template: [{id: t, file: \"100%%s\"}]\nzone:\n"
		   "  - {domain: c, primary: hidden1, catalog-role: interpret, catalog-template: t}\n",
		 "main.yaml:4:5: zone 'c': catalog-template: 'file' of template 't' is the same for all members; it "
		 "needs a %s"},
		{R "template: [{id: t, primary: hidden1, catalog-role: generate}]\nzone:\n"
		   "  - {domain: c, primary: hidden1, catalog-role: interpret, catalog-template: t}\n",
		 "main.yaml:4:5: zone 'c': catalog-template: template 't' would make a catalog of each member; it must "
		 "not have that catalog-role"},
		{R "zone:\n  - {domain: c, primary: hidden1, catalog-role: generate}\n",
		 "main.yaml:3:5: zone 'c' is made here (catalog-role: generate) and can't have a 'primary'"},
		{R "zone:\n  - {domain: a, primary: hidden1, catalog-role: member}\n",
		 "main.yaml:3:5: zone 'a': catalog-role 'member' needs 'catalog-zone'"},
		{R "zone:\n  - {domain: a, primary: hidden1, catalog-zone: c}\n",
		 "main.yaml:3:5: zone 'a': catalog-zone: 'c' is no zone with `catalog-role: generate`"},
		{R "zone:\n  - {domain: a, primary: hidden1, catalog-role: consume}\n",
		 "main.yaml:3:49: 'catalog-role' takes none, interpret, generate or member, not 'consume'"},
		{"template:\n  - id: a\n    catalog-removals-max: 101%\n",
		 "main.yaml:3:27: 'catalog-removals-max' takes a number, or 0% to 100%, not '101%'"},
		{"template:\n  - id: a\n    catalog-removals-max: \"%\"\n",
		 "main.yaml:3:27: 'catalog-removals-max' takes a number, or 0% to 100%, not '%'"},
		{"template:\n  - id: a\n    catalog-removals-max: many\n",
		 "main.yaml:3:27: 'catalog-removals-max' takes a number, or 0% to 100%, not 'many'"},
		{"template:\n  - id: a\n    catalog-removals-max: 4294967296\n",
		 "main.yaml:3:27: 'catalog-removals-max' takes a number, or 0% to 100%, not '4294967296'"},
		{0}};
	assert_all_refused(state, mistakes);
}

static void tls_needs_certificate_and_key(void **state)
{
	static const struct mistake mistakes[] = {
		{"server:\n  listen-tls: [127.0.0.1@8853]\n",
		 "main.yaml:2:3: 'listen-tls' needs a certificate in 'tls-cert-file' and its key in 'tls-key-file'"},
		{"server:\n  tls-cert-file: a.pem\n",
		 "main.yaml:2:3: 'tls-cert-file' needs its private key in 'tls-key-file'"},
		{"server:\n  listen-tls: ::1\n  tls-cert-file: ''\n  tls-key-file: a.pem\n",
		 "main.yaml:4:3: 'tls-key-file' needs its certificate in 'tls-cert-file'"},
		{0}};
	assert_all_refused(state, mistakes);
}

static void peers_by_tls_must_be_told_apart(void **state)
{
#define REMOTE "remote:\n  - id: a\n    address: 192.0.2.9\n    "
#define PIN    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	static const struct mistake mistakes[] = {
		{REMOTE "tls: {}\n",
		 "main.yaml:4:10: 'tls' needs 'server-name' or 'pin' to know the remote by, or 'profile: "
		 "opportunistic'"},
		{REMOTE "tls: yes\n", "main.yaml:4:10: 'remote.tls' takes a mapping with keys such as 'server-name'"},
		{REMOTE "tls: {server-nam: b}\n",
		 "main.yaml:4:11: unknown key 'server-nam' in 'remote.tls'; did you mean 'server-name'?"},
		{REMOTE "tls: {pin: abc}\n",
		 "main.yaml:4:16: 'pin' takes the SHA-256 of a public key in base64, 44 characters, not 'abc'"},
		{REMOTE "tls: {pin: c2VjcmV0}\n",
		 "main.yaml:4:16: 'pin' takes the SHA-256 of a public key in base64, 44 characters, not 'c2VjcmV0'"},
		{REMOTE "tls: {pin: " PIN ", ca-file: b}\n",
		 "main.yaml:4:62: 'ca-file' needs the name to look for in 'server-name'"},
		{REMOTE "tls: {server-name: b, profile: opportunistic}\n",
		 "main.yaml:4:10: with 'profile: opportunistic' nobody is authenticated; leave it out, or leave "
		 "'server-name', 'ca-file' and 'pin' out"},
		{REMOTE "tls: {server-name: b, cert-file: c}\n",
		 "main.yaml:4:27: 'cert-file' needs its private key in 'key-file'"},
		{REMOTE "tls: {server-name: b, key-file: c}\n",
		 "main.yaml:4:27: 'key-file' needs its certificate in 'cert-file'"},
		{"acl: {id: a, ca-file: b, action: transfer}\n",
		 "main.yaml:1:14: 'ca-file' needs the names to look for in 'cert-hostname'"},
		{"acl: {id: a, cert-hostname: b, protocol: tcp, action: transfer}\n",
		 "main.yaml:1:32: only TLS has client certificates: add 'tls', or leave 'protocol' out"},
		{"remote.tls: {server-name: b}\n", "main.yaml:1:1: unknown section 'remote.tls'; known: include, "
						   "server, database, control, key, remote, acl, "
						   "template, zone-directory, zone, plugin"},
		{0}};
	assert_all_refused(state, mistakes);
}

static void what_a_server_says_of_itself_is_checked(void **state)
{
#define NO_SECRET "'cookie-secret' takes 32 hexadecimal digits, such as openssl rand -hex 16 prints"
#define SECRET    "00112233445566778899aabbccddeeff"
	static const struct mistake mistakes[] = {
		{"server:\n  cookie-secret: 0011\n", "main.yaml:2:18: " NO_SECRET},
		{"server:\n  cookie-secret: " SECRET "00\n", "main.yaml:2:18: " NO_SECRET},
		{"server:\n  cookie-secret: [" SECRET ", 00112233445566778899aabbccddeefg]\n",
		 "main.yaml:2:53: " NO_SECRET},
		{"server:\n  cookie-secret: [" SECRET ", " SECRET ", " SECRET "]\n",
		 "main.yaml:2:18: 'cookie-secret' takes at most two secrets: the one in use, and the one before or "
		 "after it"},
		{"server:\n  nsid: 0x123\n",
		 "main.yaml:2:9: 'nsid' takes pairs of hexadecimal digits behind 0x, or a text without it"},
		{"server:\n  nsid: 0x\n",
		 "main.yaml:2:9: 'nsid' takes pairs of hexadecimal digits behind 0x, or a text without it"},
		{"server:\n  report-channel: a..b\n",
		 "main.yaml:2:19: 'report-channel' takes a domain name (labels of 1 to 63 octets, 253 in all, an "
		 "international one in its xn-- form), not 'a..b'"},
		{0}};
	assert_all_refused(state, mistakes);
	char text[512];
	snprintf(text, sizeof(text), "server:\n  identity: %0256d\n", 1);
	assert_refused(*state, text, "main.yaml:2:13: 'identity' takes at most 255 octets, this text has 256");
	snprintf(text, sizeof(text), "server:\n  nsid: %0129d\n", 1);
	assert_refused(*state, text, "main.yaml:2:9: 'nsid' takes at most 128 octets, this has 129");
	snprintf(text, sizeof(text), "server:\n  nsid: 0x%0258d\n", 1);
	assert_refused(*state, text, "main.yaml:2:9: 'nsid' takes at most 128 octets, this has 129");
}

static void intervals_must_leave_room_between_them(void **state)
{
	assert_refused(*state,
		       "template: {id: default, file: x, retry-min-interval: 1h}\n"
		       "zone:\n  - domain: a\n    retry-max-interval: 5s\n",
		       "main.yaml:3:5: zone 'a': retry-min-interval of 1h is above retry-max-interval of 5s");
}

static void user_that_does_not_exist_is_refused(void **state)
{
	assert_refused(*state, "server:\n  user: brandns-nobody-has-this\n",
		       "main.yaml:2:9: there is no user 'brandns-nobody-has-this'; create it, or leave 'user' empty to "
		       "stay who started brandnsd");
}

static void secrets_must_be_base64(void **state)
{
#define NO_BASE64 "main.yaml:1:23: the secret of key 'k' is not base64"
	static const struct mistake mistakes[] = {{"key: [{id: k, secret: 'secret!!'}]\n", NO_BASE64},
						  {"key: [{id: k, secret: c2VjcmV}]\n", NO_BASE64},
						  {"key: [{id: k, secret: ''}]\n", NO_BASE64},
						  {"key: [{id: k, secret: c2Vjc===}]\n", NO_BASE64},
						  {"key: [{id: k, secret: c2=jcmV0}]\n", NO_BASE64},
						  {"key: [{id: k, secret: ' c2VjcmV0'}]\n", NO_BASE64},
						  {"key: [{id: k, secret: ====}]\n", NO_BASE64},
						  {0}};
	assert_all_refused(state, mistakes);
}

/* Messages that name a file in the tests' folder: %s stands for the folder. */
static void assert_refused_at(struct conf_fixture *f, const char *text, const char *format)
{
	char message[512], *real = realpath(f->folder, NULL), *p = message;
	assert_non_null(real);
	for (const char *c = format; *c; c++) {
		if (c[0] == '%' && c[1] == 's') {
			p += sprintf(p, "%s", real);
			c++;
		} else {
			*p++ = *c;
		}
	}
	*p = '\0';
	free(real);
	assert_refused(f, text, message);
}

static void secret_file_others_can_reach_is_refused(void **state)
{
	struct conf_fixture *f = *state;
	static const char text[] = "key:\n  - id: k1\n    secret-file: s\n";
	static const char open_to_others[] =
		"main.yaml:3:18: %s/s can be read or changed by others; chmod 640 or 600 it, and change the secret";
	assert_refused_at(f, text, "main.yaml:3:18: %s/s can't be opened: No such file or directory");
	write_file("s", "c2VjcmV0\n");
	assert_int_equal(chmod("s", 0644), 0);
	assert_refused_at(f, text, open_to_others);
	assert_int_equal(chmod("s", 0602), 0);
	assert_refused_at(f, text, open_to_others);
	assert_int_equal(chmod("s", 0640), 0);
	load_ok(f, text);
	write_file("s", "no base64\n");
	assert_refused_at(f, text, "main.yaml:3:18: the secret in %s/s is not base64");
	assert_int_equal(unlink("s") | mkfifo("s", 0600), 0);
	assert_refused_at(f, text, "main.yaml:3:18: %s/s is not a regular file");
}

static void includes_that_fail_name_the_place(void **state)
{
	struct conf_fixture *f = *state;
	assert_refused_at(
		f, "include:\n  - none.yaml\n",
		"main.yaml:2:5: %s/none.yaml: can't be read: No such file or directory; check the path and who "
		"may read it");
	assert_refused(f, "include: {a: b}\n", "main.yaml:1:10: 'include' takes a file or a list of files");
	assert_refused_at(f, "include: main.yaml\n", "main.yaml:1:10: %s/main.yaml is included more than once");
	write_file("a.yaml", "zone:\n  - domain: a\n    fille: a\n");
	assert_refused_at(f, "include: a.yaml\n", "%s/a.yaml:3:5: unknown key 'fille' in 'zone'; did you mean 'file'?");
	write_file("a.yaml", "server:\n  workers: 1\n");
	assert_refused_at(f, "server: {workers: 2}\ninclude: a.yaml\n",
			  "%s/a.yaml:2:3: 'workers' is written twice; the first is at main.yaml:1");
	assert_refused_at(f, "include:\n  [a.yaml, ./*.yml, ./a.yaml]\n",
			  "main.yaml:2:21: %s/./a.yaml is included more than once");
	assert_int_equal(mkfifo("pipe.d", 0600), 0);
	assert_refused_at(f, "include: 'pipe*'\n", "main.yaml:1:10: %s/pipe.d is not a regular file");
}

static void includes_too_deep_are_refused(void **state)
{
	struct conf_fixture *f = *state;
	char name[16], text[32];
	for (int i = 1; i <= 9; i++) {
		snprintf(name, sizeof(name), "%d.yaml", i);
		snprintf(text, sizeof(text), "include: %d.yaml\n", i + 1);
		write_file(name, i < 9 ? text : "");
	}
	assert_refused_at(f, "include: 1.yaml\n", "%s/8.yaml:1:10: files are included more than 8 deep");
	write_file("8.yaml", "");
	load_ok(f, "include: 1.yaml\n");
}

static void zone_directories_that_fail_name_the_place(void **state)
{
	struct conf_fixture *f = *state;
	assert_refused_at(f, "zone-directory:\n  - path: z\n",
			  "main.yaml:2:11: the folder %s/z can't be read: No such file or directory");
	assert_int_equal(mkdir("z", 0700) | mkdir("y", 0700), 0);
	write_file("z/a.zone", "");
	write_file("y/A.zone", "");
	assert_refused_at(f, "zone-directory:\n  - path: z\n  - path: y\n",
			  "main.yaml:2:11: zone 'a' has two files: %s/y/A.zone and %s/z/a.zone");
}

static void files_that_are_no_yaml_or_missing_are_refused(void **state)
{
	struct conf_fixture *f = *state;
	char got[1024];
	assert_int_equal(bns_conf_load("absent.yaml", &f->conf, &f->diag), BNS_ENOENT);
	assert_non_null(
		strstr(bns_diag_format(&f->diag, got, sizeof(got)), "absent.yaml: can't be read: No such file"));
	assert_int_equal(load_text(f, "server: [\n"), BNS_ESYNTAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONF_TEST(unknown_keys_are_named_with_the_nearest_known_one),
		CONF_TEST(wrong_shapes_are_told_what_is_expected),
		CONF_TEST(wrong_values_are_told_what_is_expected),
		CONF_TEST(socket_path_beyond_the_systems_limit_is_refused),
		CONF_TEST(domains_are_checked),
		CONF_TEST(what_is_needed_and_missing_is_named),
		CONF_TEST(unknown_references_are_told_the_known_ids),
		CONF_TEST(many_known_ids_are_cut_short),
		CONF_TEST(what_is_written_twice_is_shown_with_both_places),
		CONF_TEST(mistakes_among_bare_names_are_found_where_they_stand),
		CONF_TEST(what_asks_for_nothing_may_be_written),
		CONF_TEST(catalogs_that_cannot_work_are_refused),
		CONF_TEST(tls_needs_certificate_and_key),
		CONF_TEST(peers_by_tls_must_be_told_apart),
		CONF_TEST(what_a_server_says_of_itself_is_checked),
		CONF_TEST(intervals_must_leave_room_between_them),
		CONF_TEST(user_that_does_not_exist_is_refused),
		CONF_TEST(secrets_must_be_base64),
		CONF_TEST(secret_file_others_can_reach_is_refused),
		CONF_TEST(includes_that_fail_name_the_place),
		CONF_TEST(includes_too_deep_are_refused),
		CONF_TEST(zone_directories_that_fail_name_the_place),
		CONF_TEST(files_that_are_no_yaml_or_missing_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
