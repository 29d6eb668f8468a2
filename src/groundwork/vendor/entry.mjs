/* What checking a credential takes: RDF canonicalization, SHA-2, Ed25519 and base58. */
export { default as jsonld } from "jsonld";
export { hashes, verify } from "@noble/ed25519";
export { sha256, sha512 } from "@noble/hashes/sha2.js";
export { base58 } from "@scure/base";
