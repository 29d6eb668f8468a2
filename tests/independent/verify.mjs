// Verify a completion record with Digital Bazaar's libraries, asking no host for anything.
//
//     node verify.mjs CREDENTIAL.json CONTEXTS [DID.json]
//
// CONTEXTS is a folder with the pinned JSON-LD contexts; DID.json is the saved document of
// a did:web issuer. Prints {"verified": bool, "error": string or null}. The signature is
// checked, not the status list.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DataIntegrityProof } from "@digitalbazaar/data-integrity";
import * as DidKey from "@digitalbazaar/did-method-key";
import * as Ed25519Multikey from "@digitalbazaar/ed25519-multikey";
import { cryptosuite } from "@digitalbazaar/eddsa-rdfc-2022-cryptosuite";
import * as vc from "@digitalbazaar/vc";

const CONTEXTS = {
  "https://www.w3.org/ns/credentials/v2": "credentials-v2.json",
  "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json": "ob-v3p0-context-3.0.3.json",
  "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json": "clr_context_2.0.1.json",
  "https://w3id.org/security/data-integrity/v2": "security-data-integrity-v2.json",
  "https://w3id.org/security/multikey/v1": "security-multikey-v1.json",
};
const MULTIKEY = "https://w3id.org/security/multikey/v1";

const read = (path) => JSON.parse(readFileSync(path, "utf8"));

function loaderOf(folder, didDocument) {
  const didKey = DidKey.driver();
  didKey.use({ multibaseMultikeyHeader: "z6Mk", fromMultibase: Ed25519Multikey.from });
  const fromDid = new Map();
  if (didDocument) {
    fromDid.set(didDocument.id, didDocument);
    for (const method of didDocument.verificationMethod) {
      fromDid.set(method.id, { "@context": MULTIKEY, ...method });
    }
  }
  return async (url) => {
    if (CONTEXTS[url]) return answer(url, read(join(folder, CONTEXTS[url])));
    if (fromDid.has(url)) return answer(url, fromDid.get(url));
    if (url.startsWith("did:key:")) return answer(url, await didKey.get({ url }));
    throw new Error(`not at hand: ${url}`);
  };
}

const answer = (url, document) => ({ contextUrl: null, documentUrl: url, document });

const [credentialPath, folder, didPath] = process.argv.slice(2);
const result = await vc.verifyCredential({
  credential: read(credentialPath),
  suite: new DataIntegrityProof({ cryptosuite }),
  documentLoader: loaderOf(folder, didPath ? read(didPath) : null),
  checkStatus: async () => ({ verified: true }),
});
const errors = result.error ? [result.error, ...(result.error.errors ?? [])] : [];
console.log(JSON.stringify({
  verified: result.verified,
  error: errors.map((error) => error.message).join(" | ") || null,
}));
