package io.keyledger.server.chaos;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One connection to a server, for one request after the other. By hand, because it must never send a request twice, and
 * because the load shares the machine with what it loads: a general client takes ten times as much of it.
 */
final class HttpConnection implements AutoCloseable {

    private static final Duration CONNECT = Duration.ofSeconds(1);

    private final Supplier<URI> server;
    private final Duration patience;
    private @Nullable Socket socket;
    private @Nullable InputStream in;

    /**
     * @param server where it is now; asked at each connecting
     * @param patience for each part of an answer
     */
    HttpConnection(Supplier<URI> server, Duration patience) {
        this.server = server;
        this.patience = patience;
    }

    /** An answer. Names of headers are in small letters. */
    record Reply(int status, Map<String, String> headers, String body) {}

    /**
     * Sends a request, and waits for the answer.
     *
     * @param headers each with its line's end
     * @throws IOException when there is none; the request may have been carried out
     */
    Reply send(String method, String path, String headers, @Nullable String body) throws IOException {
        try {
            var open = socket;
            if (open == null) {
                open = connect();
            }
            var text = new StringBuilder(256)
                    .append(method)
                    .append(' ')
                    .append(path)
                    .append(" HTTP/1.1\r\nHost: localhost\r\n")
                    .append(headers);
            if (body != null) {
                text.append("Content-Length: ").append(body.length()).append("\r\n");
            }
            text.append("\r\n");
            if (body != null) {
                text.append(body);
            }
            open.getOutputStream().write(text.toString().getBytes(StandardCharsets.ISO_8859_1));
            return read();
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private Socket connect() throws IOException {
        var address = server.get();
        var opening = new Socket();
        socket = opening;
        opening.connect(new InetSocketAddress(address.getHost(), address.getPort()), (int) CONNECT.toMillis());
        opening.setSoTimeout((int) patience.toMillis());
        opening.setTcpNoDelay(true);
        in = new BufferedInputStream(opening.getInputStream(), 4096);
        return opening;
    }

    private Reply read() throws IOException {
        var status = Integer.parseInt(line().split(" ", 3)[1]);
        var headers = new HashMap<String, String>();
        for (var header = line(); !header.isEmpty(); header = line()) {
            var colon = header.indexOf(':');
            headers.put(
                    header.substring(0, colon).toLowerCase(Locale.ROOT),
                    header.substring(colon + 1).strip());
        }
        var body = new ByteArrayOutputStream();
        if (status != 204) {
            if (headers.containsKey("content-length")) {
                body.write(bytes(Integer.parseInt(headers.get("content-length"))));
            } else if ("chunked".equals(headers.get("transfer-encoding"))) {
                for (var size = Integer.parseInt(line(), 16); size > 0; size = Integer.parseInt(line(), 16)) {
                    body.write(bytes(size));
                    line();
                }
                line();
            }
        }
        if ("close".equals(headers.get("connection"))) {
            close();
        }
        return new Reply(status, headers, body.toString(StandardCharsets.UTF_8));
    }

    private byte[] bytes(int count) throws IOException {
        var bytes = in.readNBytes(count);
        if (bytes.length < count) {
            throw new IOException("the answer ended early");
        }
        return bytes;
    }

    private String line() throws IOException {
        var line = new StringBuilder(64);
        for (var next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new IOException("the answer ended early");
            }
            if (next != '\r') {
                line.append((char) next);
            }
        }
        return line.toString();
    }

    /** Until the next request. */
    @Override
    public void close() {
        if (socket != null) {
            try {
                socket.close();
            } catch (IOException e) {
                // It is given up anyway.
            }
        }
        socket = null;
    }
}
