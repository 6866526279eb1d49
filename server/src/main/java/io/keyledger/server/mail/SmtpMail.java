package io.keyledger.server.mail;

import static java.util.stream.Collectors.joining;

import io.keyledger.api.authentication.Origin;
import io.keyledger.command.account.AccountMail;
import jakarta.mail.MessagingException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.MessageSource;
import org.springframework.context.i18n.LocaleContextHolder;
import org.springframework.mail.javamail.JavaMailSender;
import org.springframework.mail.javamail.MimeMessageHelper;

/** Sends by SMTP, a few at a time. What cannot be sent is logged once and not tried again: people ask again. */
final class SmtpMail implements AccountMail, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SmtpMail.class);

    /** Waiting and being sent, together. */
    private static final int MAX_WAITING = 200;

    /** Each holds a connection to the SMTP server and, before that, for a moment, one to the database. */
    private static final int MAX_AT_ONCE = 4;

    /** For what is waiting when the server stops. */
    private static final int LAST_SECONDS = 5;

    private static final List<Locale> ALL = List.of(Locale.ENGLISH, Locale.GERMAN);

    private final JavaMailSender sender;
    private final String from;
    private final String publicUrl;
    private final MessageSource messages;
    private final Semaphore waiting = new Semaphore(MAX_WAITING);
    private final Semaphore atOnce = new Semaphore(MAX_AT_ONCE);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    SmtpMail(JavaMailSender sender, String from, String publicUrl, MessageSource messages) {
        this.sender = sender;
        this.from = from;
        this.publicUrl = publicUrl;
        this.messages = messages;
    }

    @Override
    public boolean isConfigured() {
        return true;
    }

    @Override
    public boolean send(Origin origin, Supplier<Optional<Letter>> letter) {
        if (!waiting.tryAcquire()) {
            LOG.warn("A mail is not sent, too many are waiting ({})", origin.correlationId());
            return false;
        }
        // Where no request is being answered, nobody's language is known.
        var locales = LocaleContextHolder.getLocaleContext() == null ? ALL : List.of(LocaleContextHolder.getLocale());
        threads.execute(() -> {
            try {
                sendNow(origin, letter, locales);
            } finally {
                waiting.release();
            }
        });
        return true;
    }

    @SuppressWarnings("IllegalCatch") // The last one who can say that it failed.
    private void sendNow(Origin origin, Supplier<Optional<Letter>> letter, List<Locale> locales) {
        var held = false;
        try {
            atOnce.acquire();
            held = true;
            var wanted = letter.get();
            if (wanted.isPresent()) {
                sendNow(wanted.get(), locales);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            LOG.warn("A mail is not sent, the server stops ({})", origin.correlationId());
        } catch (Exception e) {
            LOG.warn("A mail could not be sent ({}): {}", origin.correlationId(), withoutAddress(e));
        } finally {
            if (held) {
                atOnce.release();
            }
        }
    }

    private void sendNow(Letter letter, List<Locale> locales) throws MessagingException {
        var message = sender.createMimeMessage();
        // A program that answers mails by itself leaves these alone (RFC 3834, section 5).
        message.setHeader("Auto-Submitted", "auto-generated");
        var parts = new MimeMessageHelper(message, StandardCharsets.UTF_8.name());
        parts.setFrom(from);
        parts.setTo(letter.to());
        var topic = "mail." + letter.topic().name().toLowerCase(Locale.ROOT).replace('_', '-');
        var address = letter.link() == null ? publicUrl : letter.link();
        var named = Stream.concat(Stream.of(address), letter.about().stream()).toArray();
        parts.setSubject(locales.stream()
                .map(locale -> messages.getMessage(topic + ".subject", named, locale))
                .collect(joining(" / ")));
        parts.setText(locales.stream()
                .map(locale -> messages.getMessage(topic + ".text", named, locale))
                .collect(joining("\n")));
        sender.send(message);
    }

    /** What SMTP servers and parsers say repeats the address; what the network says does not. */
    private static String withoutAddress(Throwable failure) {
        var said = new StringJoiner(", ");
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            var kind = cause.getClass().getSimpleName();
            said.add(cause instanceof IOException ? kind + ": " + cause.getMessage() : kind);
        }
        return said.toString();
    }

    @Override
    public void close() {
        threads.shutdown();
        try {
            if (!threads.awaitTermination(LAST_SECONDS, TimeUnit.SECONDS)) {
                threads.shutdownNow();
            }
        } catch (InterruptedException e) {
            threads.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
