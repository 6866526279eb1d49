package io.keyledger.server;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** The program: composes both sides into one server. */
@SpringBootApplication
public class Keyledger {

    public static void main(String[] args) {
        SpringApplication.run(Keyledger.class, args);
    }
}
