package io.keyledger.command.account;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClientAddressTest {

    @ParameterizedTest
    @CsvSource({
        "192.0.2.1,               192.0.2.1",
        "::ffff:192.0.2.1,        192.0.2.1",
        "::ffff:c000:201,         192.0.2.1",
        "2001:db8:0:7::1,         2001:db8:0:7:0:0:0:0/64",
        "2001:DB8:0:7:ffff::1,    2001:db8:0:7:0:0:0:0/64",
        "2001:db8:0:8::1,         2001:db8:0:8:0:0:0:0/64",
        "::1,                     0:0:0:0:0:0:0:0/64",
        "fe80::1%eth7,            fe80:0:0:0:0:0:0:0/64",
        "unix:,                   unknown",
        "localhost,               unknown",
        "192.0.2.1:4711,          unknown",
        "'',                      unknown"
    })
    void an_ipv4_address_or_an_ipv6_network_is_one_client(String ipAddress, String client) {
        assertThat(ClientAddress.client(ipAddress)).isEqualTo(client);
    }
}
