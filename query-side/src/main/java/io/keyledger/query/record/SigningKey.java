package io.keyledger.query.record;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;

/** What signs notes: an Ed25519 private key, and the key that verifies it. */
public final class SigningKey {

    private static final int SEED_LENGTH = 32;

    /** What comes before the 32 bytes of an Ed25519 private key in its PKCS #8 encoding (RFC 8410). */
    private static final byte[] PKCS8 = HexFormat.of().parseHex("302e020100300506032b657004220420");

    private final VerifierKey verifier;
    private final byte[] seed;
    private final PrivateKey privateKey;

    /**
     * @param verifier the public half
     * @param seed the private half, 32 bytes (RFC 8032)
     * @throws IllegalArgumentException when the two do not belong together
     */
    public SigningKey(VerifierKey verifier, byte[] seed) {
        if (seed.length != SEED_LENGTH) {
            throw new IllegalArgumentException("a signing key has 32 bytes");
        }
        this.verifier = verifier;
        this.seed = seed.clone();
        var encoded = Arrays.copyOf(PKCS8, PKCS8.length + SEED_LENGTH);
        System.arraycopy(seed, 0, encoded, PKCS8.length, SEED_LENGTH);
        try {
            privateKey = KeyFactory.getInstance("Ed25519").generatePrivate(new PKCS8EncodedKeySpec(encoded));
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("these bytes are no signing key", e);
        }
        if (!verifier.verifies(sign("proof"), "proof")) {
            throw new IllegalArgumentException("the signing key does not belong to " + verifier);
        }
    }

    public static SigningKey generate(String name) {
        try {
            var pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
            return new SigningKey(
                    new VerifierKey(name, tail(pair.getPublic().getEncoded())),
                    tail(pair.getPrivate().getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] tail(byte[] encoded) {
        return Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length);
    }

    public VerifierKey verifier() {
        return verifier;
    }

    /** The private half, to be kept sealed. */
    public byte[] seed() {
        return seed.clone();
    }

    byte[] sign(String text) {
        try {
            var signature = Signature.getInstance("Ed25519");
            signature.initSign(privateKey);
            signature.update(text.getBytes(UTF_8));
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public String toString() {
        return "SigningKey[" + verifier.name() + "]";
    }
}
