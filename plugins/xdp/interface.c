/* SPDX-License-Identifier: BSD-3-Clause */
/* The interfaces that the program is attached to. */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/if_vlan.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "kernel.h"

static bool read_mac(const char *interface, uint8_t mac[6])
{
	struct ifreq request = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	bool done = fd >= 0 && ioctl(fd, SIOCGIFHWADDR, &request) == 0;
	if (fd >= 0)
		close(fd);
	memcpy(mac, request.ifr_hwaddr.sa_data, 6);
	return done;
}

/* The tag of what is above `interface`; 0: it isn't a VLAN there. */
static uint16_t vlan_above(int fd, const char *name, const char *interface)
{
	struct vlan_ioctl_args args = {.cmd = GET_VLAN_REALDEV_NAME_CMD};

	snprintf(args.device1, sizeof(args.device1), "%.15s", name);
	if (ioctl(fd, SIOCGIFVLAN, &args) < 0 || strcmp(args.u.device2, interface) != 0)
		return 0;
	args = (struct vlan_ioctl_args){.cmd = GET_VLAN_VID_CMD};
	snprintf(args.device1, sizeof(args.device1), "%.15s", name);
	return ioctl(fd, SIOCGIFVLAN, &args) < 0 ? 0 : (uint16_t)args.u.VID;
}

/* What the stack would take off tags for; of more than there is room for, questions are passed up. */
static void read_vlans(struct xdp_attached *a)
{
	struct if_nameindex *all = if_nameindex();
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	a->vlan_count = 0;
	for (const struct if_nameindex *i = all; fd >= 0 && i && i->if_name; i++) {
		struct xdp_vlan *vlan = &a->vlan[a->vlan_count];
		uint16_t id = vlan_above(fd, i->if_name, a->name);
		if (id == 0 || a->vlan_count == XDP_VLANS_MAX)
			continue;
		vlan->id = id;
		snprintf(vlan->name, sizeof(vlan->name), "%.15s", i->if_name);
		a->vlan_count++;
	}
	if (fd >= 0)
		close(fd);
	if (all)
		if_freenameindex(all);
}

static int link_to(const struct xdp_kernel *k, uint32_t index, uint32_t flags)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = flags);

	return bpf_link_create(k->program, (int)index, BPF_XDP, &opts);
}

static void publish_interface(struct xdp_kernel *k, const struct xdp_attached *a)
{
	struct xdp_interface *in = &k->control->interface[k->attached_count];

	in->index = a->index;
	memcpy(in->mac, a->mac, sizeof(in->mac));
	in->vlan_count = (uint32_t)a->vlan_count;
	for (size_t i = 0; i < a->vlan_count; i++)
		in->vlan[i] = a->vlan[i].id;
	__atomic_store_n(&k->control->interface_count, (uint32_t)k->attached_count + 1, __ATOMIC_RELEASE);
}

bool xdp_kernel_attach(struct xdp_kernel *k, const char *interface, enum xdp_mode mode, char *why, size_t why_len)
{
	struct xdp_attached *a = &k->attached[k->attached_count];
	char what[128];

	snprintf(what, sizeof(what), "interface '%.15s'", interface);
	if (k->attached_count == XDP_INTERFACES_MAX) {
		snprintf(why, why_len, "%s: %d interfaces are the most", what, XDP_INTERFACES_MAX);
		return false;
	}
	snprintf(a->name, sizeof(a->name), "%.15s", interface);
	a->index = if_nametoindex(interface);
	if (a->index == 0 || !read_mac(interface, a->mac)) {
		xdp_kernel_say(why, why_len, what, errno);
		return false;
	}
	a->generic = mode == XDP_MODE_GENERIC;
	a->link = link_to(k, a->index, a->generic ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE);
	if (a->link < 0 && mode == XDP_MODE_ANY && a->link != -EBUSY && a->link != -EPERM) {
		a->generic = true;
		a->link = link_to(k, a->index, XDP_FLAGS_SKB_MODE);
	}
	if (a->link == -EBUSY)
		snprintf(why, why_len, "%s has another XDP program: end whoever attached it ('ip link show' tells)",
			 what);
	else if (a->link == -EOPNOTSUPP)
		snprintf(why, why_len,
			 "%s: its driver takes no XDP program; 'mode: any' or 'generic' does without, slower", what);
	else if (a->link < 0)
		xdp_kernel_say(why, why_len, what, -a->link);
	if (a->link < 0)
		return false;
	read_vlans(a);
	publish_interface(k, a);
	k->attached_count++;
	return true;
}
