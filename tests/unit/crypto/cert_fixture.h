/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates that another implementation made. */
#ifndef MR_TEST_CERT_FIXTURE_H
#define MR_TEST_CERT_FIXTURE_H

/* P-256, basicConstraints CA with path length 1, key identifier 01020304 */
#define CERT_FIXTURE_ROOT                                                                          \
	"-----BEGIN CERTIFICATE-----\n"                                                            \
	"MIIBXzCCAQagAwIBAgIFAN6tvu8wCgYIKoZIzj0EAwIwIzESMBAGA1UECgwJRWxz\n"                       \
	"ZXdoZXJlMQ0wCwYDVQQDDARyb290MCAXDTI0MDEwMjAzMDQwNVoYDzIwNTQwMTAy\n"                       \
	"MDMwNDA1WjAjMRIwEAYDVQQKDAlFbHNld2hlcmUxDTALBgNVBAMMBHJvb3QwWTAT\n"                       \
	"BgcqhkjOPQIBBggqhkjOPQMBBwNCAAT5wBNRpl8wZhPacyFwtm/Kzg6C+hRmo79k\n"                       \
	"p2jDEJMFDJjgezOEN98bm5AY3lT2bcCilP0dWTp/YJ/y0nYDacfloyUwIzASBgNV\n"                       \
	"HRMBAf8ECDAGAQH/AgEBMA0GA1UdDgQGBAQBAgMEMAoGCCqGSM49BAMCA0cAMEQC\n"                       \
	"IDe3EsYZTC8++gNTaEQ7TvvAjbV1kz8nfCZ1xbo1XACdAiAnSJRFWnpeiMAIlK5A\n"                       \
	"lkxG4PGqjQwVor4bIaC76OFpyQ==\n"                                                           \
	"-----END CERTIFICATE-----\n"

/* by ROOT: subjectAltName *.example.com, Host.example, two addresses, mail; serverAuth */
#define CERT_FIXTURE_LEAF                                                                          \
	"-----BEGIN CERTIFICATE-----\n"                                                            \
	"MIIB0DCCAXagAwIBAgIFAN6tvu8wCgYIKoZIzj0EAwIwIzESMBAGA1UECgwJRWxz\n"                       \
	"ZXdoZXJlMQ0wCwYDVQQDDARyb290MCAXDTI0MDEwMjAzMDQwNVoYDzIwNTQwMTAy\n"                       \
	"MDMwNDA1WjAjMRIwEAYDVQQKDAlFbHNld2hlcmUxDTALBgNVBAMMBGxlYWYwWTAT\n"                       \
	"BgcqhkjOPQIBBggqhkjOPQMBBwNCAARcytL9wDZg2uwRWM+tZp9LyCu9wQCLgSD/\n"                       \
	"8MVXnlPL6QAyKfQcnoY7uhWg2XwndbSoadKkf1M/Qa5uQxm82jvWo4GUMIGRMEsG\n"                       \
	"A1UdEQREMEKCDSouZXhhbXBsZS5jb22CDEhvc3QuZXhhbXBsZYcEwAACAYcQIAEN\n"                       \
	"uAAAAAAAAAAAAAAAAYELYUBiLmV4YW1wbGUwEwYDVR0lBAwwCgYIKwYBBQUHAwEw\n"                       \
	"DAYDVR0TAQH/BAIwADAfBgNVHSMEGDAWgBSu1ufKJWpyMv5+8YJ6nuPMCDhiATAK\n"                       \
	"BggqhkjOPQQDAgNIADBFAiEA2hkttd2Hdx5ZVqynWM4QHahYqyasginK5sIsPCSc\n"                       \
	"GXwCID2+pBbgzB20nasBF/vxVX1im5+HohqK1zJEH6hlUUyO\n"                                       \
	"-----END CERTIFICATE-----\n"

/* RSA-PSS with SHA-384 */
#define CERT_FIXTURE_PSS                                                                           \
	"-----BEGIN CERTIFICATE-----\n"                                                            \
	"MIICJjCCAVugAwIBAgIFAN6tvu8wQQYJKoZIhvcNAQEKMDSgDzANBglghkgBZQME\n"                       \
	"AgIFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgIFAKIDAgEwMCIxEjAQBgNV\n"                       \
	"BAoMCUVsc2V3aGVyZTEMMAoGA1UEAwwDcHNzMCAXDTI0MDEwMjAzMDQwNVoYDzIw\n"                       \
	"NTQwMTAyMDMwNDA1WjAiMRIwEAYDVQQKDAlFbHNld2hlcmUxDDAKBgNVBAMMA3Bz\n"                       \
	"czCBnzANBgkqhkiG9w0BAQEFAAOBjQAwgYkCgYEAwLOg7HcIBJgo3x7bBEepRie4\n"                       \
	"iJL0jZl9KQKKfC1xedsefIUiZ6yZuwDdfoL0j12HhjzAh02M+2Xc4X2QE90yUdH8\n"                       \
	"wySlamxKSBVz1ACjs1fj4wP8FrVXRxp5GarWtpgAMFfZzGFWDM7m+hGr9Kg/HnI3\n"                       \
	"J2+X2YBdUbtN8Fwa6zsCAwEAATBBBgkqhkiG9w0BAQowNKAPMA0GCWCGSAFlAwQC\n"                       \
	"AgUAoRwwGgYJKoZIhvcNAQEIMA0GCWCGSAFlAwQCAgUAogMCATADgYEAr3U/54EP\n"                       \
	"ELPb9jf4gDkqevDzNCKe0x6CV2zQTKKnIojSigMwVxTexVKnkPXhdQX3ZCxnatmW\n"                       \
	"wCjuaFQQ34uexhZW4qic111UuYCoL5N14kytGQ4RRj1+2kKgogCwlLjm4+87bfvv\n"                       \
	"oMrySx5Sn9TVV7/CHOd+uRgncAYaLVhjvKE=\n"                                                   \
	"-----END CERTIFICATE-----\n"

/* RSA with SHA-256 */
#define CERT_FIXTURE_RSA                                                                           \
	"-----BEGIN CERTIFICATE-----\n"                                                            \
	"MIIBvjCCASegAwIBAgIFAN6tvu8wDQYJKoZIhvcNAQELBQAwIjESMBAGA1UECgwJ\n"                       \
	"RWxzZXdoZXJlMQwwCgYDVQQDDANyc2EwIBcNMjQwMTAyMDMwNDA1WhgPMjA1NDAx\n"                       \
	"MDIwMzA0MDVaMCIxEjAQBgNVBAoMCUVsc2V3aGVyZTEMMAoGA1UEAwwDcnNhMIGf\n"                       \
	"MA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDAs6DsdwgEmCjfHtsER6lGJ7iIkvSN\n"                       \
	"mX0pAop8LXF52x58hSJnrJm7AN1+gvSPXYeGPMCHTYz7ZdzhfZAT3TJR0fzDJKVq\n"                       \
	"bEpIFXPUAKOzV+PjA/wWtVdHGnkZqta2mAAwV9nMYVYMzub6Eav0qD8ecjcnb5fZ\n"                       \
	"gF1Ru03wXBrrOwIDAQABMA0GCSqGSIb3DQEBCwUAA4GBAA9yw+0c5JObQKZBqOkO\n"                       \
	"PrXOcyYhnmhH1wQ/TY8kxBKq55V8p/xVevNr/uf/ydKE6L2vUCaHispamcXmrKMz\n"                       \
	"+isSDcwf4DolZwFCwKegNGQ72LYSNcS/hTr246qvrmDMTrhVtNDRhRKGrjC/oE7N\n"                       \
	"E+ZHi2c7p8JZwAsPgulUa12d\n"                                                               \
	"-----END CERTIFICATE-----\n"

/* Ed25519 */
#define CERT_FIXTURE_ED25519                                                                       \
	"-----BEGIN CERTIFICATE-----\n"                                                            \
	"MIH0MIGnoAMCAQICBQDerb7vMAUGAytlcDAhMRIwEAYDVQQKDAlFbHNld2hlcmUx\n"                       \
	"CzAJBgNVBAMMAmVkMCAXDTI0MDEwMjAzMDQwNVoYDzIwNTQwMTAyMDMwNDA1WjAh\n"                       \
	"MRIwEAYDVQQKDAlFbHNld2hlcmUxCzAJBgNVBAMMAmVkMCowBQYDK2VwAyEACOoT\n"                       \
	"iYwNCNbD+p9KL0HL6UWSsNbJawC7FmZbLNUnwHwwBQYDK2VwA0EAly+Cdi0N0I7H\n"                       \
	"97xCTu5HJ/Mt5QYWRW1r+BYG7Tw2qwQbaLFA4R5EqUUvA/FbbTILYXdJjGeY/P+C\n"                       \
	"NU0XFHG7DQ==\n"                                                                           \
	"-----END CERTIFICATE-----\n"

/* version 1, RSA with SHA-1 */
#define CERT_FIXTURE_V1_SHA1                                                                       \
	"-----BEGIN CERTIFICATE-----\n"                                                            \
	"MIIBijCB9AIBBTANBgkqhkiG9w0BAQUFADANMQswCQYDVQQDDAJ2MTAgFw0yNjEx\n"                       \
	"MjYwNTA1MDJaGA8yMDgxMDgyOTA1MDUwMlowDTELMAkGA1UEAwwCdjEwgZ8wDQYJ\n"                       \
	"KoZIhvcNAQEBBQADgY0AMIGJAoGBAMCzoOx3CASYKN8e2wRHqUYnuIiS9I2ZfSkC\n"                       \
	"inwtcXnbHnyFImesmbsA3X6C9I9dh4Y8wIdNjPtl3OF9kBPdMlHR/MMkpWpsSkgV\n"                       \
	"c9QAo7NX4+MD/Ba1V0caeRmq1raYADBX2cxhVgzO5voRq/SoPx5yNydvl9mAXVG7\n"                       \
	"TfBcGus7AgMBAAEwDQYJKoZIhvcNAQEFBQADgYEAZKuUNXn/lOWOTUjz6TyuJbMt\n"                       \
	"kqrqmlBWHFd/4j/wwlewtNA9p7VBYeXhyHTReMqZ3dw0M24hghR4QQnT1M5kMIjS\n"                       \
	"WETKzmk+epEsZfZe1Ox3MdTv8UtrJo/B5tQ+Qnz4Kj0hDjgrJycfBZzMgycWWrtj\n"                       \
	"zQdPhRn3Xy/SvqUyAOs=\n"                                                                   \
	"-----END CERTIFICATE-----\n"

#endif
