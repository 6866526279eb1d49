package io.keyledger.command.webhook;

import io.keyledger.api.Refusal;
import io.keyledger.api.webhook.WebhookDetails.Cause;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.routing.RoutingSupport;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/** Where webhooks may lead, and sending there: HTTP/1.1, no redirects, no cookies, no proxy. */
public final class WebhookTargets implements AutoCloseable {

    private static final int MAX_URL = 2_000;

    /** From looking its name up to the end of the answer. */
    private static final Timeout WHOLE_REQUEST = Timeout.ofSeconds(15);

    /** A longer answer ends its connection, instead of being read for nothing. */
    private static final int READ_ANSWER = 64 * 1024;

    private final TargetAddresses addresses;
    private final boolean privateOnesToo;
    private final CloseableHttpClient client;
    private final ScheduledExecutorService timeouts = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("webhook-timeouts").daemon().factory());

    /** @param privateOnesToo whether private addresses are permitted, and http there and elsewhere */
    public WebhookTargets(boolean privateOnesToo) {
        this.privateOnesToo = privateOnesToo;
        addresses = new TargetAddresses(privateOnesToo);
        client = HttpClients.custom()
                .setConnectionManager(PoolingHttpClientConnectionManagerBuilder.create()
                        .setDnsResolver(addresses)
                        .setMaxConnPerRoute(WebhookDeliveries.MAX_OPEN)
                        .setMaxConnTotal(WebhookDeliveries.MAX_OPEN)
                        .setDefaultConnectionConfig(ConnectionConfig.custom()
                                .setConnectTimeout(Timeout.ofSeconds(5))
                                .setSocketTimeout(WHOLE_REQUEST)
                                .setTimeToLive(TimeValue.ofMinutes(1))
                                .build())
                        .build())
                .setDefaultRequestConfig(RequestConfig.custom()
                        .setConnectionRequestTimeout(WHOLE_REQUEST)
                        .setProtocolUpgradeEnabled(false)
                        .build())
                .setUserAgent("Keyledger")
                .disableRedirectHandling()
                .disableAutomaticRetries()
                .disableCookieManagement()
                .disableAuthCaching()
                .disableContentCompression()
                .build();
    }

    /**
     * Its name is looked up now, and again each time that something is sent.
     *
     * @return the URL, to be sent to
     * @throws Refusal.Unprocessable where a webhook may not lead
     */
    String check(@Nullable String text) {
        var url = text == null ? "" : text.strip();
        if (url.isEmpty()) {
            throw refused("required", "Give the address to send to.");
        }
        if (url.length() > MAX_URL) {
            throw refused("too_long", "Give at most %d characters.".formatted(MAX_URL));
        }
        var uri = parse(url);
        if (!privateOnesToo && !uri.getScheme().equalsIgnoreCase("https")) {
            throw refused("https_required", "Give an address that begins with https://.");
        }
        try {
            addresses.resolve(uri.getHost());
        } catch (TargetAddresses.Refused e) {
            throw refused("private_address", "This address leads into a private network. Give a public one.");
        } catch (UnknownHostException e) {
            throw refused("unknown_host", "There is no such host, or the DNS does not answer right now.");
        }
        return url;
    }

    private static URI parse(String url) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException e) {
            throw invalid();
        }
        if (uri.getScheme() == null
                || !uri.getScheme().toLowerCase(Locale.ROOT).matches("https?")
                // Also of what only looks like a host: 2130706433, 0x7f.1.
                || uri.getHost() == null
                || uri.getPort() > 0xffff
                || url.chars().anyMatch(c -> c > 0x7e)) {
            throw invalid();
        }
        if (uri.getRawUserInfo() != null || uri.getRawFragment() != null) {
            throw refused("invalid_url", "Leave out user names, passwords and what comes after a #.");
        }
        return uri;
    }

    private static Refusal invalid() {
        return refused("invalid_url", "Give an address such as https://example.org/hooks, in ASCII.");
    }

    private static Refusal refused(String code, String message) {
        return new Refusal.Unprocessable("url", code, message);
    }

    /**
     * What came of sending.
     *
     * @param cause absent: it was taken
     * @param status absent: no answer
     * @param retryAfter the header, as it was sent
     */
    record Outcome(
            @Nullable Cause cause,
            @Nullable Integer status,
            @Nullable String retryAfter) {

        static final int GONE = 410;

        static Outcome answered(int status, @Nullable String retryAfter) {
            return new Outcome(status / 100 == 2 ? null : Cause.STATUS, status, retryAfter);
        }

        static Outcome failed(Cause cause) {
            return new Outcome(cause, null, null);
        }

        boolean isGone() {
            return status != null && status == GONE;
        }
    }

    /** Sends, and waits for the answer for 15 s at most. The database is none of its business. */
    Outcome post(String url, byte[] body, Map<String, String> headers) {
        var request = new HttpPost(url);
        headers.forEach(request::setHeader);
        request.setEntity(new ByteArrayEntity(body, ContentType.parse(WebhookMessages.MEDIA_TYPE)));
        var timeout = timeouts.schedule(request::cancel, WHOLE_REQUEST.toSeconds(), TimeUnit.SECONDS);
        try (var response = client.executeOpen(RoutingSupport.determineHost(request), request, null)) {
            var entity = response.getEntity();
            if (entity != null && entity.getContentLength() >= 0 && entity.getContentLength() <= READ_ANSWER) {
                EntityUtils.consumeQuietly(entity);
            }
            var retryAfter = response.getFirstHeader(HttpHeaders.RETRY_AFTER);
            return Outcome.answered(response.getCode(), retryAfter == null ? null : retryAfter.getValue());
        } catch (IOException | HttpException e) {
            return Outcome.failed(request.isCancelled() ? Cause.TIMEOUT : cause(e));
        } finally {
            timeout.cancel(false);
        }
    }

    private static Cause cause(Exception failure) {
        return switch (failure) {
            case TargetAddresses.Refused _ -> Cause.PRIVATE_ADDRESS;
            case UnknownHostException _ -> Cause.UNKNOWN_HOST;
            case SSLException _ -> Cause.TLS;
            case InterruptedIOException _ -> Cause.TIMEOUT;
            default -> Cause.CONNECTION;
        };
    }

    @Override
    public void close() throws IOException {
        timeouts.shutdownNow();
        client.close();
    }
}
