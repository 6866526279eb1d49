package io.keyledger.command.webhook;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.SystemDefaultDnsResolver;

/**
 * Looks names of targets up, and refuses those that lead into the server's own network (server-side request forgery,
 * OWASP). The HTTP client connects to exactly the addresses that were returned here, so a name that leads elsewhere a
 * moment later (DNS rebinding) gains nothing.
 *
 * <p>Refused is what is not globally reachable by IANA's registries of special-purpose addresses (RFC 6890), and what is
 * translated to other addresses on its way: NAT64, 6to4, Teredo.
 */
final class TargetAddresses implements DnsResolver {

    /** Not a public one. */
    static final class Refused extends UnknownHostException {
        Refused() {
            super("a private address");
        }
    }

    private static final List<Range> REFUSED_IPV4 = Stream.of(
                    "0.0.0.0/8",
                    "10.0.0.0/8",
                    "100.64.0.0/10",
                    "127.0.0.0/8",
                    "169.254.0.0/16",
                    "172.16.0.0/12",
                    "192.0.0.0/24",
                    "192.0.2.0/24",
                    "192.88.99.0/24",
                    "192.168.0.0/16",
                    "198.18.0.0/15",
                    "198.51.100.0/24",
                    "203.0.113.0/24",
                    "224.0.0.0/3")
            .map(Range::of)
            .toList();

    /** All others, such as ::1, ULA, link-local and multicast addresses, are outside. */
    private static final Range GLOBAL_UNICAST = Range.of("2000::/3");

    private static final List<Range> REFUSED_IPV6 = Stream.of("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
            .map(Range::of)
            .toList();

    private final boolean privateOnesToo;

    TargetAddresses(boolean privateOnesToo) {
        this.privateOnesToo = privateOnesToo;
    }

    /**
     * @throws Refused when one of the name's addresses is not public
     * @throws UnknownHostException when it has none
     */
    @Override
    public InetAddress[] resolve(String host) throws UnknownHostException {
        var addresses = SystemDefaultDnsResolver.INSTANCE.resolve(host);
        if (!privateOnesToo && !Stream.of(addresses).allMatch(TargetAddresses::isPublic)) {
            throw new Refused();
        }
        return addresses;
    }

    @Override
    public String resolveCanonicalHostname(String host) {
        return host;
    }

    /** An IPv4-mapped IPv6 address is an IPv4 address to Java. */
    static boolean isPublic(InetAddress address) {
        return address instanceof Inet6Address
                ? GLOBAL_UNICAST.contains(address) && REFUSED_IPV6.stream().noneMatch(range -> range.contains(address))
                : REFUSED_IPV4.stream().noneMatch(range -> range.contains(address));
    }

    @SuppressWarnings("ArrayRecordComponent") // Ranges are never compared.
    private record Range(byte[] first, int bits) {

        static Range of(String cidr) {
            var slash = cidr.indexOf('/');
            return new Range(
                    InetAddress.ofLiteral(cidr.substring(0, slash)).getAddress(),
                    Integer.parseInt(cidr.substring(slash + 1)));
        }

        boolean contains(InetAddress address) {
            var bytes = address.getAddress();
            for (var bit = 0; bit < bits; bit++) {
                var mask = 0x80 >> (bit % 8);
                if ((bytes[bit / 8] & mask) != (first[bit / 8] & mask)) {
                    return false;
                }
            }
            return true;
        }
    }
}
