package io.keyledger.server.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.server.TestDatabase;
import io.keyledger.server.journey.Client;
import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.journey.People;
import io.keyledger.server.journey.People.Person;
import io.keyledger.server.journey.ServerProcess;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.internet.MimeMessage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A server that sends mail to a real SMTP server in this process. Each test makes its own people. */
final class MailSite {

    static final String PUBLIC_URL = "https://keyledger.example/keys";
    static final String FROM = "keyledger@keyledger.example";

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final AtomicInteger COUNT = new AtomicInteger();

    private static GreenMail smtp = started(new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));

    private MailSite() {}

    private static final class Running {
        static final HikariDataSource DATABASE = TestDatabase.createEmpty();
        static final ServerProcess SERVER = start();
        static final Client ADMINISTRATOR =
                People.signIn(SERVER.client(), ServerProcess.ADMIN_EMAIL, ServerProcess.ADMIN_PASSWORD);

        private static ServerProcess start() {
            var server = ServerProcess.onDatabase(TestDatabase.jdbcUrl(DATABASE))
                    .with("SPRING_MAIL_HOST", "127.0.0.1")
                    .with("SPRING_MAIL_PORT", Integer.toString(smtp.getSmtp().getPort()))
                    .with("KEYLEDGER_PUBLIC_URL", PUBLIC_URL + "/")
                    .with("KEYLEDGER_MAIL_FROM", "Keyledger <" + FROM + ">")
                    .start();
            Runtime.getRuntime().addShutdownHook(new Thread(server::kill));
            return server;
        }
    }

    static ServerProcess server() {
        return Running.SERVER;
    }

    static HikariDataSource database() {
        return Running.DATABASE;
    }

    static Client administrator() {
        return Running.ADMINISTRATOR;
    }

    static Person person() {
        return People.register(administrator(), server().client(), "person-" + COUNT.incrementAndGet());
    }

    private static GreenMail started(ServerSetup setup) {
        var mail = new GreenMail(setup);
        mail.start();
        return mail;
    }

    /** While nothing listens where the SMTP server was. */
    static void withoutSmtp(Runnable test) {
        var port = smtp.getSmtp().getPort();
        smtp.stop();
        try {
            test.run();
        } finally {
            smtp = started(new ServerSetup(port, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));
        }
    }

    /** A mail as it arrived. */
    record Mail(String subject, String text, String from, String autoSubmitted) {

        String link() {
            return text.lines()
                    .filter(line -> line.contains("/set-password#"))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no link in " + text));
        }
    }

    static List<Mail> mailsTo(String email) {
        return Arrays.stream(smtp.getReceivedMessages())
                .filter(message -> isTo(message, email))
                .map(MailSite::mail)
                .toList();
    }

    /** Waits until as many have come. */
    static List<Mail> mailsTo(String email, int count) {
        await().atMost(PATIENCE).until(() -> mailsTo(email).size() >= count);
        assertThat(mailsTo(email)).hasSize(count);
        return mailsTo(email);
    }

    private static boolean isTo(MimeMessage message, String email) {
        try {
            return message.getRecipients(Message.RecipientType.TO)[0].toString().equals(email);
        } catch (MessagingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Mail mail(MimeMessage message) {
        try {
            return new Mail(
                    message.getSubject(),
                    message.getContent().toString().replace("\r\n", "\n"),
                    message.getFrom()[0].toString(),
                    message.getHeader("Auto-Submitted", null));
        } catch (MessagingException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Sends a form as no browser would.
     *
     * @param from one of this machine's loopback addresses
     * @return the status
     */
    static int post(String path, String from, String headers, String form) {
        var head = "POST " + path + " HTTP/1.1\r\n" + headers + "\r\nAccept: text/html\r\nConnection: close\r\n"
                + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " + form.length() + "\r\n\r\n";
        try (var socket = new Socket(
                InetAddress.ofLiteral("127.0.0.1"), server().address().getPort(), InetAddress.ofLiteral(from), 0)) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            socket.getOutputStream().write((head + form).getBytes(StandardCharsets.US_ASCII));
            var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return Integer.parseInt(answer.substring(9, 12));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Answer expect(Answer answer, int status) {
        assertThat(answer.status()).as("%s", answer).isEqualTo(status);
        return answer;
    }
}
