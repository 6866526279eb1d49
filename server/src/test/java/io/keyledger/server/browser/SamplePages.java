package io.keyledger.server.browser;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A small server of pages, good ones and bad ones, all but a few under a strict Content Security Policy. */
final class SamplePages implements AutoCloseable {

    private final Map<String, String> texts = new ConcurrentHashMap<>();
    private final Map<String, Map<String, String>> headers = new ConcurrentHashMap<>();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpServer server;

    SamplePages() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::text);
        server.createContext("/answers/", SamplePages::status);
        server.createContext("/breaks-off", HttpExchange::close);
        server.createContext("/never", _ -> {});
        server.start();
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /** A page that nothing is wrong with, but for what is in its body. */
    SamplePages page(String path, String body) {
        return put(path, """
            <!doctype html><html lang="en"><head><title>Sample</title>
            <meta name="viewport" content="width=device-width, initial-scale=1"></head>
            <body><main><h1>Sample</h1>%s</main></body></html>\
            """.formatted(body));
    }

    SamplePages put(String path, String text) {
        texts.put(path, text);
        return header(path, "Content-Security-Policy", "default-src 'self'");
    }

    /** @param path of a page that was put there before */
    SamplePages header(String path, String name, String value) {
        headers.computeIfAbsent(path, _ -> new ConcurrentHashMap<>()).put(name, value);
        return this;
    }

    private void text(HttpExchange exchange) throws IOException {
        var path = exchange.getRequestURI().getPath();
        headers.getOrDefault(path, Map.of()).forEach(exchange.getResponseHeaders()::set);
        answer(
                exchange,
                texts.containsKey(path) ? 200 : 404,
                path.endsWith(".js")
                        ? "text/javascript"
                        : path.endsWith(".css") ? "text/css" : "text/html; charset=utf-8",
                texts.getOrDefault(path, "nothing here"));
    }

    /** {@code /answers/422} answers 422. */
    private static void status(HttpExchange exchange) throws IOException {
        var path = exchange.getRequestURI().getPath();
        answer(exchange, Integer.parseInt(path.substring("/answers/".length())), "text/html", "as you asked");
    }

    private static void answer(HttpExchange exchange, int status, String type, String text) throws IOException {
        try (exchange) {
            exchange.getRequestBody().readAllBytes();
            exchange.getResponseHeaders().set("Content-Type", type);
            var body = text.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
