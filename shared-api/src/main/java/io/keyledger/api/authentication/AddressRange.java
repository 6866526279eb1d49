package io.keyledger.api.authentication;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A range of IP addresses in CIDR notation (RFC 4632 for IPv4, RFC 4291 section 2.3 for IPv6); a single address is a
 * range of one. Written in one form only, which for IPv6 is that of RFC 5952.
 */
public final class AddressRange {

    /** Four decimal numbers: Java would also take fewer, or one number for all four bytes. */
    private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");

    private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F:]*:[0-9a-fA-F:.]*");

    private static final Pattern LENGTH = Pattern.compile("0|[1-9]\\d{0,2}");

    private final byte[] network;
    private final int prefixLength;

    private AddressRange(byte[] network, int prefixLength) {
        this.network = network;
        this.prefixLength = prefixLength;
    }

    /** The range, if the text is one; absent too where bits behind the prefix are set, because that is a mistake. */
    public static Optional<AddressRange> parse(String text) {
        var range = parseLoosely(text);
        return range.filter(parsed -> Arrays.equals(masked(parsed.network, parsed.prefixLength), parsed.network));
    }

    /** The range that was probably meant by a text with bits behind the prefix. */
    public static Optional<AddressRange> suggest(String text) {
        return parseLoosely(text)
                .map(parsed -> new AddressRange(masked(parsed.network, parsed.prefixLength), parsed.prefixLength));
    }

    private static Optional<AddressRange> parseLoosely(String text) {
        var slash = text.indexOf('/');
        var address = address(slash < 0 ? text : text.substring(0, slash));
        if (address == null) {
            return Optional.empty();
        }
        if (slash < 0) {
            return Optional.of(new AddressRange(address, address.length * 8));
        }
        var length = text.substring(slash + 1);
        if (!LENGTH.matcher(length).matches() || Integer.parseInt(length) > address.length * 8) {
            return Optional.empty();
        }
        return Optional.of(new AddressRange(address, Integer.parseInt(length)));
    }

    /** The bytes of an address that is written out; a name is never looked up. IPv4 in IPv6 is IPv4. */
    private static byte @Nullable [] address(String text) {
        if (text.length() > 45
                || !(IPV4.matcher(text).matches() || IPV6.matcher(text).matches())) {
            return null;
        }
        try {
            return InetAddress.ofLiteral(text).getAddress();
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** Whether this is an address at all, written out. */
    public static boolean isAddress(String text) {
        return address(text) != null;
    }

    /** Whether the address, written out, is in this range; a text that is no address is in none. */
    public boolean contains(@Nullable String text) {
        var address = text == null ? null : address(text);
        return address != null
                && address.length == network.length
                && Arrays.equals(masked(address, prefixLength), network);
    }

    private static byte[] masked(byte[] address, int prefixLength) {
        var masked = address.clone();
        for (var bit = prefixLength; bit < masked.length * 8; bit++) {
            masked[bit / 8] &= (byte) ~(0x80 >> (bit % 8));
        }
        return masked;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof AddressRange range
                && range.prefixLength == prefixLength
                && Arrays.equals(range.network, network);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(network) + prefixLength;
    }

    @Override
    public String toString() {
        try {
            return compressed(InetAddress.getByAddress(network).getHostAddress()) + "/" + prefixLength;
        } catch (java.net.UnknownHostException e) {
            throw new AssertionError("4 or 16 bytes are an address", e);
        }
    }

    /** Of two or more groups of zeros, the first of the longest runs is left out (RFC 5952, section 4.2). */
    private static String compressed(String address) {
        var groups = List.of(address.split(":"));
        var start = 0;
        var length = 1;
        for (var first = 0; first < groups.size(); first++) {
            var end = first;
            while (end < groups.size() && groups.get(end).equals("0")) {
                end++;
            }
            if (end - first > length) {
                start = first;
                length = end - first;
            }
        }
        return length == 1
                ? address
                : String.join(":", groups.subList(0, start)) + "::"
                        + String.join(":", groups.subList(start + length, groups.size()));
    }
}
