package io.keyledger.command.webhook;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.keyledger.api.Refusal;
import io.keyledger.api.webhook.WebhookDetails.Cause;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where webhooks may lead. */
class WebhookTargetsTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0",
                "0.1.2.3",
                "10.0.0.1",
                "100.64.0.1",
                "100.127.255.255",
                "127.0.0.1",
                "127.255.255.254",
                "169.254.169.254",
                "172.16.0.1",
                "172.31.255.255",
                "192.0.0.8",
                "192.0.2.1",
                "192.88.99.1",
                "192.168.1.1",
                "198.18.0.1",
                "198.51.100.7",
                "203.0.113.7",
                "224.0.0.1",
                "239.255.255.255",
                "240.0.0.1",
                "255.255.255.255",
                "::",
                "::1",
                "::ffff:127.0.0.1",
                "::ffff:10.0.0.1",
                "::ffff:a9fe:a9fe",
                "::7f00:1",
                "64:ff9b::7f00:1",
                "64:ff9b:1::1",
                "100::1",
                "2001::1",
                "2001:db8::1",
                "2002:7f00:1::",
                "3fff::1",
                "fc00::1",
                "fd12:3456::1",
                "fe80::1",
                "fec0::1",
                "ff02::1",
            })
    void a_private_address_is_none_to_send_to(String address) throws UnknownHostException {
        assertThat(TargetAddresses.isPublic(InetAddress.getByName(address))).isFalse();
        assertThatThrownBy(() -> new TargetAddresses(false).resolve(address))
                .isInstanceOf(TargetAddresses.Refused.class);
        assertThat(new TargetAddresses(true).resolve(address)).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1.1.1.1",
                "9.255.255.255",
                "11.0.0.0",
                "93.184.216.34",
                "100.63.255.255",
                "100.128.0.0",
                "172.15.255.255",
                "172.32.0.0",
                "192.0.1.0",
                "198.20.0.0",
                "223.255.255.255",
                "::ffff:1.1.1.1",
                "2606:4700:4700::1111",
                "2a00:1450::1",
            })
    void a_public_address_is(String address) throws UnknownHostException {
        assertThat(new TargetAddresses(false).resolve(address)).hasSize(1);
    }

    /** Forms of 127.0.0.1 that the system's look-up takes. */
    @ParameterizedTest
    @ValueSource(strings = {"localhost", "127.1", "2130706433"})
    void another_form_of_a_private_address_is_refused_too(String host) {
        assertThatThrownBy(() -> new TargetAddresses(false).resolve(host)).isInstanceOf(UnknownHostException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "'', required",
        "http://1.1.1.1/, https_required",
        "https:///hook, invalid_url",
        "https://, invalid_url",
        "1.1.1.1, invalid_url",
        "ftp://1.1.1.1/, invalid_url",
        "file:///etc/passwd, invalid_url",
        "mailto:ada@example.org, invalid_url",
        "https://ada:secret@1.1.1.1/, invalid_url",
        "https://1.1.1.1/#part, invalid_url",
        "https://1.1.1.1:99999/, invalid_url",
        "https://1.1.1.1/a b, invalid_url",
        "https://1.1.1.1/ä, invalid_url",
        "https://2130706433/, private_address",
        "https://0x7f.1/, invalid_url",
        "https://127.1/, invalid_url",
        "https://127.0.0.1/, private_address",
        "https://localhost/, private_address",
        "https://LOCALHOST:8443/hook?a=b, private_address",
        "https://[::1]/, private_address",
        "https://[::ffff:10.0.0.1]/, private_address",
        "https://[fe80::1%25lo]/, private_address",
        "https://169.254.169.254/latest/meta-data, private_address",
        "https://does-not-exist.invalid/, unknown_host",
    })
    void a_url_that_must_not_be_sent_to_is_refused(String url, String code) throws IOException {
        try (var targets = new WebhookTargets(false)) {
            assertThatThrownBy(() -> targets.check(url))
                    .isInstanceOfSatisfying(Refusal.Unprocessable.class, refusal -> {
                        assertThat(refusal.code()).isEqualTo(code);
                        assertThat(refusal.errors().getFirst().field()).isEqualTo("url");
                    });
        }
    }

    @Test
    void a_public_url_is_taken_as_it_is() throws IOException {
        try (var targets = new WebhookTargets(false)) {
            assertThat(targets.check(" https://1.1.1.1:8443/hook?key=a ")).isEqualTo("https://1.1.1.1:8443/hook?key=a");
            assertThat(targets.check("https://[2606:4700:4700::1111]/")).isNotEmpty();
            assertThatThrownBy(() -> targets.check("https://1.1.1.1/" + "a".repeat(2_000)))
                    .isInstanceOf(Refusal.Unprocessable.class);
        }
    }

    @Test
    void an_address_that_became_private_is_not_connected_to() throws IOException {
        var received = new AtomicInteger();
        var server = server(204, null, received);
        try (var targets = new WebhookTargets(false);
                var permitted = new WebhookTargets(true)) {
            for (var host : new String[] {"localhost", "127.0.0.1", "[::ffff:127.0.0.1]"}) {
                var url = "http://" + host + ":" + server.getAddress().getPort() + "/";

                assertThat(targets.post(url, new byte[0], Map.of()).cause()).isEqualTo(Cause.PRIVATE_ADDRESS);
                assertThat(received).hasValue(0);
            }
            assertThat(permitted
                            .post("http://127.0.0.1:" + server.getAddress().getPort() + "/", new byte[0], Map.of())
                            .cause())
                    .isNull();
            assertThat(received).hasValue(1);
        } finally {
            server.stop(0);
        }
    }

    @Test
    void a_redirect_is_not_followed() throws IOException {
        var received = new AtomicInteger();
        var inside = server(204, null, received);
        var redirecting = server(307, "http://127.0.0.1:" + inside.getAddress().getPort() + "/", new AtomicInteger());
        try (var targets = new WebhookTargets(true)) {
            var outcome =
                    targets.post("http://127.0.0.1:" + redirecting.getAddress().getPort() + "/", new byte[0], Map.of());

            assertThat(outcome.cause()).isEqualTo(Cause.STATUS);
            assertThat(outcome.status()).isEqualTo(307);
            assertThat(received).hasValue(0);
        } finally {
            inside.stop(0);
            redirecting.stop(0);
        }
    }

    @Test
    void what_went_wrong_is_told_apart() throws IOException {
        var server = server(204, null, new AtomicInteger());
        try (var targets = new WebhookTargets(true);
                var withoutTls = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread.startVirtualThread(() -> {
                try (var connection = withoutTls.accept()) {
                    connection.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(US_ASCII));
                    connection.getInputStream().readAllBytes();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            assertThat(targets.post("https://127.0.0.1:" + withoutTls.getLocalPort() + "/", new byte[0], Map.of())
                            .cause())
                    .isEqualTo(Cause.TLS);
            var port = server.getAddress().getPort();
            assertThat(targets.post("https://does-not-exist.invalid/", new byte[0], Map.of())
                            .cause())
                    .isEqualTo(Cause.UNKNOWN_HOST);
            server.stop(0);
            assertThat(targets.post("http://127.0.0.1:" + port + "/", new byte[0], Map.of())
                            .cause())
                    .isEqualTo(Cause.CONNECTION);
        }
    }

    private static HttpServer server(int status, String location, AtomicInteger received) throws IOException {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            received.incrementAndGet();
            if (location != null) {
                exchange.getResponseHeaders().set("Location", location);
            }
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
        });
        server.start();
        return server;
    }
}
