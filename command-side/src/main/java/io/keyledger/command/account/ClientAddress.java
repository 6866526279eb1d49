package io.keyledger.command.account;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/** What counts as one address when wrong passwords are counted. */
public final class ClientAddress {

    private ClientAddress() {}

    /**
     * An IPv4 address as it is, also when it is written as IPv6 ({@code ::ffff:192.0.2.1}); of an IPv6 address its /64,
     * the least that one customer gets (RFC 6177), so that nobody has 2^64 tries. All that is no address is one client.
     */
    public static String client(String ipAddress) {
        try {
            var zone = ipAddress.indexOf('%');
            var address = InetAddress.ofLiteral(zone < 0 ? ipAddress : ipAddress.substring(0, zone));
            if (address instanceof Inet4Address) {
                return address.getHostAddress();
            }
            var network = Arrays.copyOf(Arrays.copyOf(address.getAddress(), 8), 16);
            return InetAddress.getByAddress(network).getHostAddress() + "/64";
        } catch (IllegalArgumentException e) {
            return "unknown";
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // only for a length that is neither 4 nor 16
        }
    }
}
