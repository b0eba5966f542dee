// SPDX-License-Identifier: GPL-2.0-only
/*
 * FelixConfiguration: how Calico's agent works. manxd reads none of it yet, so
 * nothing here is done; what would change who may talk to whom, or how packets
 * travel, is refused unless it says what manx does anyhow.
 */
#include <string.h>

#include "fields.h"
#include "kinds.h"

#define NO_IPTABLES	"the module judges packets, not iptables"
#define NO_NFTABLES	"the module judges packets, not nftables"
#define NO_BPF		"manx has no eBPF dataplane"
#define NO_NAT		"masquerading is not done by this version"
#define NO_VXLAN	"VXLAN is not done by this version"
#define NO_WIREGUARD	"WireGuard is not done by this version: encrypt below manx, or leave it out"
#define NO_METRICS	"manxd has no Prometheus metrics in this version"
#define NO_HEALTH	"manxd has no health endpoint in this version"
#define NO_REPORTS	"manxd does not report endpoints by files"
#define NO_HOST		"host endpoints are not enforced by this version"
#define NO_FLOW_LOGS	"manx writes no flow logs: see manxctl dp monitor --flows"
#define NO_OPENSTACK	"manx does not serve OpenStack"
#define NOT_GO		"manxd is not a Go program"
#define NOT_FELIX	"manxd is configured by its command line and environment"
#define LOGS		"manxd logs to standard error, for the journal"
#define OTHER_ROUTES	"manxd writes its routes in its own way"
#define DEBUG		"for tests of Calico's agent"

#define INT_MAX31	2147483647
#define BOOL(field, why, ...)	MANX_KEPT(field, manx_scalar_bool, why, __VA_ARGS__)
#define TEXT(field, why)	MANX_KEPT(field, manx_scalar_text, why)
#define TIME(field, why)	MANX_KEPT(field, manx_scalar_duration, why)
#define NUMBER(field, lo, hi, why, ...) \
	MANX_KEPT(field, manx_scalar_int, why, .min = lo, .max = hi, __VA_ARGS__)
#define COUNT(field, why, ...)	NUMBER(field, 0, INT_MAX31, why, __VA_ARGS__)
#define PORT(field, why)	NUMBER(field, 0, 65535, why)
#define WORD(field, why, ...) \
	MANX_KEPT(field, manx_scalar_word_any_case, why, MANX_WORDS(__VA_ARGS__))
#define REFUSED_BOOL(field, safe, remedy)	MANX_REFUSED(field, manx_scalar_bool, safe, remedy)
#define REFUSED_WORD(field, safe, remedy, ...) \
	MANX_REFUSED(field, manx_scalar_word_any_case, safe, remedy, MANX_WORDS(__VA_ARGS__))
#define LEVELS	"Trace", "Debug", "Info", "Warning", "Error", "Fatal"

static const struct manx_field override_fields[] = {
	MANX_DONE("name", manx_scalar_text, NULL, .required = true),
	MANX_DONE("timeout", manx_scalar_duration, NULL, .required = true),
	MANX_END,
};
static const struct manx_schema override = { override_fields, NULL };

static const struct manx_field proto_port_fields[] = {
	MANX_DONE("protocol", manx_scalar_protocol, NULL),
	MANX_DONE("port", manx_scalar_int, NULL, .required = true, .max = 65535),
	MANX_DONE("net", manx_scalar_net, NULL),
	MANX_END,
};
static const struct manx_schema proto_port = { proto_port_fields, NULL };

static int check_range(const struct manx_at *at, cJSON *range)
{
	if (manx_field_number(range, "min", 0) > manx_field_number(range, "max", 0))
		return manx_at_fail_field(at, "max", "is less than min");
	return 0;
}

static const struct manx_field table_range_fields[] = {
	MANX_DONE("min", manx_scalar_int, NULL, .required = true, .min = 1, .max = 250),
	MANX_DONE("max", manx_scalar_int, NULL, .required = true, .min = 1, .max = 250),
	MANX_END,
};
static const struct manx_schema table_range = { table_range_fields, check_range };

static const struct manx_field id_range_fields[] = {
	MANX_DONE("min", manx_scalar_int, NULL, .required = true, .min = 1, .max = UINT32_MAX),
	MANX_DONE("max", manx_scalar_int, NULL, .required = true, .min = 1, .max = UINT32_MAX),
	MANX_END,
};
static const struct manx_schema id_range = { id_range_fields, check_range };

static const struct manx_field timeout_fields[] = {
	MANX_DONE("creationGracePeriod", manx_scalar_text, NULL),
	MANX_DONE("tcpSynSent", manx_scalar_text, NULL),
	MANX_DONE("tcpEstablished", manx_scalar_text, NULL),
	MANX_DONE("tcpFinsSeen", manx_scalar_text, NULL),
	MANX_DONE("tcpResetSeen", manx_scalar_text, NULL),
	MANX_DONE("udpTimeout", manx_scalar_text, NULL),
	MANX_DONE("genericTimeout", manx_scalar_text, NULL),
	MANX_DONE("icmpTimeout", manx_scalar_text, NULL),
	MANX_END,
};
static const struct manx_schema timeouts = { timeout_fields, NULL };

static const struct manx_field fields[] = {
	MANX_KEPT("nodeSelector", manx_scalar_selector, NOT_FELIX),
	BOOL("useInternalDataplaneDriver", "there is one dataplane", .harmless = "true"),
	TEXT("dataplaneDriver", "there is one dataplane"),
	TIME("dataplaneWatchdogTimeout", NO_HEALTH),
	BOOL("ipv6Support", "IPv6 is always done", .harmless = "true"),
	TIME("routeRefreshInterval", NOT_FELIX),
	TIME("interfaceRefreshInterval", NOT_FELIX),
	TIME("iptablesRefreshInterval", NO_IPTABLES),
	TIME("iptablesPostWriteCheckInterval", NO_IPTABLES),
	TEXT("iptablesLockFilePath", NO_IPTABLES),
	TIME("iptablesLockTimeout", NO_IPTABLES),
	TIME("iptablesLockProbeInterval", NO_IPTABLES),
	TEXT("featureDetectOverride", NO_IPTABLES),
	TEXT("featureGates", NOT_FELIX),
	TIME("ipsetsRefreshInterval", "sets are the module's"),
	COUNT("maxIpsetSize", "sets are the module's: see manxctl dp set max-members"),
	WORD("iptablesBackend", NO_IPTABLES, "Auto", "Legacy", "NFT"),
	TIME("xdpRefreshInterval", NO_BPF),
	TIME("netlinkTimeout", NOT_FELIX),
	TEXT("metadataAddr", NO_OPENSTACK),
	PORT("metadataPort", NO_OPENSTACK),
	TEXT("openstackRegion", NO_OPENSTACK),
	TEXT("interfacePrefix", "manx knows its links by their type"),
	TEXT("interfaceExclude", NO_HOST),
	WORD("chainInsertMode", NO_IPTABLES, "Insert", "Append"),
	REFUSED_WORD("defaultEndpointToHostAction", "Drop",
		     "set MANX_DEFAULT_ENDPOINT_TO_HOST_ACTION in the environment of manxd", "Drop", "Accept",
		     "Return"),
	WORD("iptablesFilterAllowAction", NO_IPTABLES, "Accept", "Return"),
	WORD("iptablesMangleAllowAction", NO_IPTABLES, "Accept", "Return"),
	WORD("iptablesFilterDenyAction", "what is denied is dropped", "Drop", "Reject"),
	TEXT("logPrefix", "what rules log are events: see manxctl dp monitor"),
	TEXT("logActionRateLimit", "events are limited by the module"),
	NUMBER("logActionRateLimitBurst", 0, 9999, "events are limited by the module"),
	TEXT("logFilePath", LOGS),
	WORD("logSeverityFile", LOGS, LEVELS),
	WORD("logSeverityScreen", LOGS, LEVELS),
	WORD("logSeveritySys", LOGS, LEVELS),
	TEXT("logDebugFilenameRegex", LOGS),
	REFUSED_BOOL("ipipEnabled", "true", "set ipipMode of the pools to Never"),
	COUNT("ipipMTU", "the MTU follows the node's own device", .harmless = "0"),
	REFUSED_BOOL("vxlanEnabled", "false", "use ipipMode of the pools"),
	COUNT("vxlanMTU", NO_VXLAN, .harmless = "0"),
	COUNT("vxlanMTUV6", NO_VXLAN, .harmless = "0"),
	PORT("vxlanPort", NO_VXLAN),
	NUMBER("vxlanVNI", 0, 16777215, NO_VXLAN),
	REFUSED_BOOL("allowVXLANPacketsFromWorkloads", "false", "use a tunnel of the pod's own that is not VXLAN"),
	REFUSED_BOOL("allowIPIPPacketsFromWorkloads", "false", "use a tunnel of the pod's own that is not IPIP"),
	TIME("reportingInterval", NO_REPORTS),
	TIME("reportingTTL", NO_REPORTS),
	BOOL("endpointReportingEnabled", NO_REPORTS, .harmless = "false"),
	TIME("endpointReportingDelay", NO_REPORTS),
	TEXT("endpointStatusPathPrefix", NO_REPORTS),
	NUMBER("iptablesMarkMask", 0, UINT32_MAX, "see manxctl dp set mark-mask"),
	BOOL("disableConntrackInvalidCheck", "the module has its own flow table", .harmless = "false"),
	BOOL("healthEnabled", NO_HEALTH, .harmless = "false"),
	TEXT("healthHost", NO_HEALTH),
	PORT("healthPort", NO_HEALTH),
	MANX_KEPT_OBJECT("healthTimeoutOverrides", override, NO_HEALTH, .list = true),
	BOOL("prometheusMetricsEnabled", NO_METRICS, .harmless = "false"),
	TEXT("prometheusMetricsHost", NO_METRICS),
	PORT("prometheusMetricsPort", NO_METRICS),
	BOOL("prometheusGoMetricsEnabled", NO_METRICS),
	BOOL("prometheusProcessMetricsEnabled", NO_METRICS),
	BOOL("prometheusWireGuardMetricsEnabled", NO_METRICS),
	TEXT("prometheusMetricsCAFile", NO_METRICS),
	TEXT("prometheusMetricsCertFile", NO_METRICS),
	TEXT("prometheusMetricsKeyFile", NO_METRICS),
	WORD("prometheusMetricsClientAuth", NO_METRICS, "RequireAndVerifyClientCert",
	     "RequireAnyClientCert", "VerifyClientCertIfGiven", "NoClientCert"),
	MANX_KEPT_OBJECT("failsafeInboundHostPorts", proto_port, NO_HOST, .list = true),
	MANX_KEPT_OBJECT("failsafeOutboundHostPorts", proto_port, NO_HOST, .list = true),
	MANX_KEPT("kubeNodePortRanges", manx_scalar_port, NO_HOST, .list = true, .max_items = 7),
	TEXT("policySyncPathPrefix", "manx does not look into HTTP"),
	BOOL("usageReportingEnabled", "nobody is told", .harmless = "false"),
	TIME("usageReportingInitialDelay", "nobody is told"),
	TIME("usageReportingInterval", "nobody is told"),
	MANX_KEPT("natPortRange", manx_scalar_port, NO_NAT),
	MANX_KEPT("natOutgoingAddress", manx_scalar_addr, NO_NAT, .min = 4),
	WORD("natOutgoingExclusions", NO_NAT, "IPPoolsOnly", "IPPoolsAndHostIPs"),
	MANX_REFUSED("deviceRouteSourceAddress", manx_scalar_addr, NULL,
		     "the node speaks to its pods from its own address", .min = 4),
	MANX_REFUSED("deviceRouteSourceAddressIPv6", manx_scalar_addr, NULL,
		     "the node speaks to its pods from its own address", .min = 6),
	NUMBER("deviceRouteProtocol", 0, 255, OTHER_ROUTES),
	BOOL("removeExternalRoutes", OTHER_ROUTES),
	REFUSED_WORD("programClusterRoutes", "Enabled,EnabledIPIPOnly",
		     "manxd writes the routes to all nodes", "Enabled", "Disabled",
		     "EnabledIPIPOnly", "EnabledNoEncapOnly"),
	REFUSED_WORD("ipForwarding", "Enabled", "pods cannot be reached without it", "Enabled", "Disabled"),
	MANX_REFUSED("externalNodesList", manx_scalar_net, NULL,
		     "make a Node with bgp.ipv4Address of each", .list = true),
	TEXT("debugMemoryProfilePath", DEBUG),
	BOOL("debugDisableLogDropping", DEBUG),
	TIME("debugSimulateCalcGraphHangAfter", DEBUG),
	TIME("debugSimulateDataplaneHangAfter", DEBUG),
	TIME("debugSimulateDataplaneApplyDelay", DEBUG),
	TEXT("debugHost", DEBUG),
	PORT("debugPort", DEBUG),
	TEXT("iptablesNATOutgoingInterfaceFilter", NO_NAT),
	BOOL("sidecarAccelerationEnabled", NO_BPF, .harmless = "false"),
	BOOL("xdpEnabled", NO_BPF),
	BOOL("genericXDPEnabled", NO_BPF, .harmless = "false"),
	WORD("nftablesMode", NO_NFTABLES, "Auto", "Enabled", "Disabled"),
	WORD("nftablesFlowTableOffload", "see manxctl dp set fast", "Enabled", "Disabled"),
	TEXT("nftablesFlowTableDataIfacePattern", "see manxctl dp set fast"),
	TIME("nftablesRefreshInterval", NO_NFTABLES),
	WORD("nftablesFilterAllowAction", NO_NFTABLES, "Accept", "Return"),
	WORD("nftablesMangleAllowAction", NO_NFTABLES, "Accept", "Return"),
	WORD("nftablesFilterDenyAction", "what is denied is dropped", "Drop", "Reject"),
	NUMBER("nftablesMarkMask", 0, UINT32_MAX, "see manxctl dp set mark-mask"),
	BOOL("bpfEnabled", NO_BPF, .harmless = "false"),
	WORD("bpfOverlayHostSourceIP", NO_BPF, "TunnelAddress", "HostAddress"),
	BOOL("bpfDisableUnprivileged", NO_BPF),
	WORD("bpfJITHardening", NO_BPF, "Auto", "Strict"),
	WORD("bpfLogLevel", NO_BPF, "Off", "Info", "Debug"),
	WORD("bpfConntrackLogLevel", NO_BPF, "Off", "Debug"),
	WORD("bpfConntrackMode", NO_BPF, "Auto", "Userspace", "BPFProgram"),
	MANX_KEPT_OBJECT("bpfConntrackTimeouts", timeouts, NO_BPF),
	TIME("bpfIPFragTimeout", NO_BPF),
	MANX_KEPT("bpfLogFilters", manx_scalar_text, NO_BPF, .map = true),
	TEXT("bpfCTLBLogFilter", NO_BPF),
	TEXT("bpfDataIfacePattern", NO_BPF),
	TEXT("bpfL3IfacePattern", NO_BPF),
	BOOL("bpfConnectTimeLoadBalancingEnabled", NO_BPF),
	WORD("bpfConnectTimeLoadBalancing", NO_BPF, "TCP", "Enabled", "Disabled"),
	WORD("bpfHostNetworkedNATWithoutCTLB", NO_BPF, "Enabled", "Disabled"),
	WORD("bpfExternalServiceMode", NO_BPF, "Tunnel", "DSR"),
	MANX_KEPT("bpfDSROptoutCIDRs", manx_scalar_net, NO_BPF, .list = true),
	NUMBER("bpfExtToServiceConnmark", 0, UINT32_MAX, NO_BPF),
	BOOL("bpfKubeProxyIptablesCleanupEnabled", NO_BPF),
	TIME("bpfKubeProxyMinSyncPeriod", NO_BPF),
	BOOL("bpfKubeProxyEndpointSlicesEnabled", NO_BPF),
	PORT("bpfKubeProxyHealthzPort", NO_BPF),
	MANX_KEPT("bpfPSNATPorts", manx_scalar_port, NO_BPF),
	COUNT("bpfMapSizeNATFrontend", NO_BPF), COUNT("bpfMapSizeNATBackend", NO_BPF),
	COUNT("bpfMapSizeNATAffinity", NO_BPF), COUNT("bpfMapSizeRoute", NO_BPF),
	COUNT("bpfMapSizeConntrack", NO_BPF), COUNT("bpfMapSizePerCpuConntrack", NO_BPF),
	WORD("bpfMapSizeConntrackScaling", NO_BPF, "Disabled", "DoubleIfFull"),
	COUNT("bpfMapSizeConntrackCleanupQueue", NO_BPF), COUNT("bpfMapSizeIPSets", NO_BPF),
	COUNT("bpfMapSizeIfState", NO_BPF),
	BOOL("bpfHostConntrackBypass", NO_BPF),
	BOOL("bpfIPFragmentReassemblyEnabled", NO_BPF),
	WORD("bpfEnforceRPF", NO_BPF, "Disabled", "Strict", "Loose"),
	BOOL("bpfPolicyDebugEnabled", NO_BPF),
	MANX_KEPT("bpfForceTrackPacketsFromIfaces", manx_scalar_text, NO_BPF, .list = true),
	TEXT("bpfDisableGROForIfaces", NO_BPF),
	MANX_KEPT("bpfExcludeCIDRsFromNAT", manx_scalar_net, NO_BPF, .list = true),
	COUNT("bpfExportBufferSizeMB", NO_BPF),
	REFUSED_WORD("istioAmbientMode", "Disabled", "label policies for the ports of the mesh yourself",
		     "Enabled", "Disabled"),
	TEXT("istioDSCPMark", "Istio's ambient mode is not known"),
	TEXT("cgroupV2Path", NO_BPF),
	WORD("flowLogsPolicyEvaluationMode", NO_FLOW_LOGS, "None", "Continuous"),
	WORD("bpfRedirectToPeer", NO_BPF, "Enabled", "Disabled", "L2Only"),
	WORD("bpfAttachType", NO_BPF, "TC", "TCX", "Netkit"),
	TIME("flowLogsFlushInterval", NO_FLOW_LOGS),
	BOOL("flowLogsCollectorDebugTrace", NO_FLOW_LOGS),
	TEXT("flowLogsGoldmaneServer", NO_FLOW_LOGS),
	WORD("flowLogsLocalReporter", NO_FLOW_LOGS, "Disabled", "Enabled"),
	WORD("bpfProfiling", NO_BPF, "Enabled", "Disabled"),
	WORD("routeSource", OTHER_ROUTES, "WorkloadIPs", "CalicoIPAM"),
	MANX_KEPT_OBJECT("routeTableRanges", id_range, OTHER_ROUTES, .list = true),
	MANX_KEPT_OBJECT("routeTableRange", table_range, OTHER_ROUTES),
	REFUSED_BOOL("routeSyncDisabled", "false", "manxd writes the routes to the pods"),
	COUNT("ipv4NormalRoutePriority", OTHER_ROUTES), COUNT("ipv4ElevatedRoutePriority", OTHER_ROUTES),
	COUNT("ipv6NormalRoutePriority", OTHER_ROUTES), COUNT("ipv6ElevatedRoutePriority", OTHER_ROUTES),
	TIME("liveMigrationRouteConvergenceTime", OTHER_ROUTES),
	REFUSED_BOOL("wireguardEnabled", "false", NO_WIREGUARD),
	REFUSED_BOOL("wireguardEnabledV6", "false", NO_WIREGUARD),
	BOOL("wireguardThreadingEnabled", NO_WIREGUARD, .harmless = "false"),
	PORT("wireguardListeningPort", NO_WIREGUARD),
	PORT("wireguardListeningPortV6", NO_WIREGUARD),
	NUMBER("wireguardRoutingRulePriority", 1, 32765, NO_WIREGUARD),
	MANX_KEPT("wireguardInterfaceName", manx_scalar_interface, NO_WIREGUARD),
	MANX_KEPT("wireguardInterfaceNameV6", manx_scalar_interface, NO_WIREGUARD),
	COUNT("wireguardMTU", NO_WIREGUARD), COUNT("wireguardMTUV6", NO_WIREGUARD),
	REFUSED_BOOL("wireguardHostEncryptionEnabled", "false", NO_WIREGUARD),
	TIME("wireguardKeepAlive", NO_WIREGUARD),
	REFUSED_WORD("awsSrcDstCheck", "DoNothing", "set it with the tools of the cloud", "DoNothing",
		     "Enable", "Disable"),
	WORD("serviceLoopPrevention", "service addresses are not advertised", "Drop", "Reject", "Disabled"),
	REFUSED_WORD("workloadSourceSpoofing", "Disabled", "an endpoint may send from its own addresses only",
		     "Disabled", "Any"),
	TEXT("mtuIfacePattern", "the MTU follows the node's own device"),
	REFUSED_WORD("floatingIPs", "Disabled", "floating addresses are not done by this version",
		     "Enabled", "Disabled"),
	REFUSED_WORD("localSubnetL2Reachability", "Disabled", "route the pools to the nodes",
		     "Disabled", "PodsAndLoadBalancers"),
	TIME("localSubnetL2ReachabilityRefreshInterval", "answers for pods are not given outside"),
	WORD("windowsManageFirewallRules", "manx runs on Linux", "Enabled", "Disabled"),
	NUMBER("goGCThreshold", -1, INT_MAX31, NOT_GO),
	NUMBER("goMemoryLimitMB", -1, INT_MAX31, NOT_GO),
	NUMBER("goMaxProcs", -1, INT_MAX31, NOT_GO),
	BOOL("requireMTUFile", "the MTU follows the node's own device", .harmless = "false"),
	NUMBER("bpfMaglevMaxEndpointsPerService", 1, 3000, NO_BPF),
	NUMBER("bpfMaglevMaxServices", 1, 3000, NO_BPF),
	MANX_END,
};

static int check(const struct manx_at *at, cJSON *spec)
{
	if (manx_field_at(spec, "routeTableRange") && manx_field_at(spec, "routeTableRanges"))
		return manx_at_fail_field(at, "routeTableRange", "stands beside routeTableRanges: remove it");
	return 0;
}

const struct manx_schema manx_felix_spec = { fields, check };

/* One for all nodes, one for each "node.<name>", others by selector. */
int manx_felix_check(const struct manx_at *at, const cJSON *json)
{
	const char *name = manx_field_text(manx_field_at(json, "metadata"), "name");

	if (manx_field_at(manx_field_at(json, "spec"), "nodeSelector") &&
	    (!strcmp(name, "default") || !strncmp(name, "node.", 5)))
		return manx_at_fail(at, "spec.nodeSelector: not in \"%s\": take another name, or remove it", name);
	return 0;
}
