package io.keyledger.server.rest;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/** Sends bytes that no HTTP client would, over a connection of its own, and reads what comes back. */
public final class RawHttp {

    private static final int PATIENCE_MS = 10_000;

    private final URI address;

    public RawHttp(URI address) {
        this.address = address;
    }

    /** @param headers the lines before the empty one, as they came */
    public record Answer(int status, String headers, String body) {

        public String header(String name) {
            return headers.lines()
                    .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT) + ":"))
                    .map(line -> line.substring(name.length() + 1).strip())
                    .findFirst()
                    .orElse("");
        }
    }

    /**
     * A request without a body, whose connection is closed after it.
     *
     * @param lines of the head after the first; ISO 8859-1
     */
    public Answer send(String requestLine, String... lines) {
        return send(requestLine, lines, new byte[0]);
    }

    Answer send(String requestLine, String[] lines, byte[] body) {
        var head = new StringBuilder(requestLine).append("\r\nHost: localhost\r\nConnection: close\r\n");
        Arrays.stream(lines).forEach(line -> head.append(line).append("\r\n"));
        return sendBytes(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1), body);
    }

    /** Exactly these bytes, one after the other; then no more. */
    Answer sendBytes(byte[] head, byte[] body) {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), address.getPort())) {
            socket.setSoTimeout(PATIENCE_MS);
            // The answer may come while the body is still under way; nobody would read it otherwise.
            var writing = Thread.ofVirtual().start(() -> write(socket, head, body));
            var received = read(socket);
            writing.interrupt();
            return parse(received);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(Socket socket, byte[] head, byte[] body) {
        try {
            var out = socket.getOutputStream();
            out.write(head);
            out.write(body);
            out.flush();
            socket.shutdownOutput();
        } catch (IOException e) {
            // The server has answered and closed: what it answered is what counts.
        }
    }

    /** All until the end; what came before a reset counts too. */
    private static byte[] read(Socket socket) throws IOException {
        var received = new ByteArrayOutputStream();
        var in = socket.getInputStream();
        var buffer = new byte[8192];
        try {
            for (var count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                received.write(buffer, 0, count);
            }
        } catch (IOException e) {
            if (received.size() == 0) {
                throw e;
            }
        }
        return received.toByteArray();
    }

    private static Answer parse(byte[] received) {
        var text = new String(received, StandardCharsets.ISO_8859_1);
        var end = text.indexOf("\r\n\r\n");
        if (!text.startsWith("HTTP/1.1 ") || end < 0) {
            throw new AssertionError("no HTTP answer: " + text);
        }
        var headers = text.substring(0, end);
        var body = text.substring(end + 4);
        return new Answer(
                Integer.parseInt(text.substring(9, 12)),
                headers,
                new String(body.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8));
    }
}
