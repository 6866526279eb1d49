package io.keyledger.server.mail;

import io.keyledger.command.account.AccountMail;
import io.keyledger.server.settings.ConfigurationMistake;
import io.keyledger.server.settings.KeyledgerSettings;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.MessageSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.mail.javamail.JavaMailSender;
import org.springframework.util.StringUtils;

/** Mail is on where {@code spring.mail.host} is set; then what it needs must be set as well. */
@Configuration(proxyBeanMethods = false)
class MailConfiguration {

    @Bean
    AccountMail accountMail(
            Environment environment,
            KeyledgerSettings settings,
            ObjectProvider<JavaMailSender> sender,
            MessageSource messages) {
        if (!StringUtils.hasText(environment.getProperty("spring.mail.host"))) {
            return new NoMail();
        }
        if (settings.publicUrl() == null) {
            // Not from the request: who asks for somebody else's link could give a host of theirs.
            throw new ConfigurationMistake(
                    "keyledger.public-url (KEYLEDGER_PUBLIC_URL) is not set, but SPRING_MAIL_HOST is.",
                    "Give where people reach the pages, for example https://keyledger.example.org; mailed links begin"
                            + " with it.");
        }
        if (settings.mailFrom() == null) {
            throw new ConfigurationMistake(
                    "keyledger.mail-from (KEYLEDGER_MAIL_FROM) is not set, but SPRING_MAIL_HOST is.",
                    "Give the address that mail comes from, for example Keyledger <keyledger@example.org>");
        }
        return new SmtpMail(sender.getObject(), settings.mailFrom(), settings.publicUrl(), messages);
    }
}
