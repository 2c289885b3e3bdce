/* SPDX-License-Identifier: Apache-2.0 */
/* A throw-away RSA key of 1024 bits and what another implementation made with it. */
#ifndef MR_TEST_RSA_FIXTURE_H
#define MR_TEST_RSA_FIXTURE_H

#define RSA_FIXTURE_PEM                                                                            \
	"-----BEGIN RSA PRIVATE KEY-----\n"                                                        \
	"MIICXQIBAAKBgQDAs6DsdwgEmCjfHtsER6lGJ7iIkvSNmX0pAop8LXF52x58hSJn\n"                       \
	"rJm7AN1+gvSPXYeGPMCHTYz7ZdzhfZAT3TJR0fzDJKVqbEpIFXPUAKOzV+PjA/wW\n"                       \
	"tVdHGnkZqta2mAAwV9nMYVYMzub6Eav0qD8ecjcnb5fZgF1Ru03wXBrrOwIDAQAB\n"                       \
	"AoGAOVe6tWMeYa+dyfd2mSlx98xuH0YLu+9GzWNSLm2fbPGFeuxrNoqoHHu/bZwu\n"                       \
	"hlMAtzNw31J2d4DyX69rpl2WUTpLGP2GAFI1mZAJKsCjxjmJGK7426rRwmFbEBug\n"                       \
	"WMRveL9emyROr5/AEtdAa2fGcUjfV/+GsttjsPSJGgsvvmECQQDsAKbSfWj3US6K\n"                       \
	"DXKhB80PJ5YMTbyxQBTwn4B/NCZPZh2UxnyKfhyxVDr+fJNeptFneXyZnt5Yjv1Y\n"                       \
	"Du9iBiEpAkEA0QeyqvWnMaIfzDX1ShmrdWbrslMjR/2BCpAYTuNGG0joUzDJv9+v\n"                       \
	"Bt4jqWsmr8bBkKBoxSKCadpm3gi0GiqBwwJAVoeiotiijNNyKeHmXo56rAzKojY6\n"                       \
	"cg7Z3qPMvFcFmOULAYqJDUpSAN6uRrKsYe7uJm9PtQ+f3H6I+yl2sc0niQJBANCe\n"                       \
	"XjNB+RwQMqwdLjJGbFk/3vya/RtcZu2j4p7ZNZ8FpNliV/inxoeULQNpbbMBKy6s\n"                       \
	"6ePWDVKYJxJynU2AHwECQQCrqUHNA2H9pqz2ANWpMoc1WyFA4AI7Ju6Iy6p6TzkC\n"                       \
	"H0TUvWo6eRFy+07G0GV3mJkup8ezplUxXT5OW9FFlVDN\n"                                           \
	"-----END RSA PRIVATE KEY-----\n"

/* "oaep message", RSA-OAEP with SHA-256 */
#define RSA_FIXTURE_OAEP                                                                           \
	"73b27eab9e903f1d75c4345177220af91f1f5eef371a272058daab946e897a5ac520b11e7341cacb"         \
	"f106b63e982b2c4942608855eaea7a83acd47ed9198f2b17dc3a550af62121f2231ab93200089120"         \
	"bccbcb9039658ffd3e093c99f18ea83a94ab149fd2d34b6958c23563ffdf1fae9981cd6810e90bd1"         \
	"e3aa8240843341df"

/* signatures over "message": PKCS #1 v1.5 with SHA-256, PSS with SHA-256 and with SHA-384, salts
 * as long as the hash */
#define RSA_FIXTURE_PKCS1                                                                          \
	"91dd779c83bfca0696466856022f34bc430b67c12426b863b3575c5e4733703993bef6da5366d47c"         \
	"87eb82155116bec3b0812808f0d59fc2564e3ec90755777ac8b8c3a926c2682720d326f3ddea1bcb"         \
	"8519fe7054ad2ccc7a93bf7f96eb98e6a544dd218aa264b86c7069780dd51d1164634ab080d86114"         \
	"402a4ed79e9b14be"

#define RSA_FIXTURE_PSS_SHA256                                                                     \
	"731d9622c17589c58f0b69174ef55a9c68c7b2ee80463e9134ab951e4065ec1c8ff22cbc7b8e0049"         \
	"f753d116b3eea1554d0d84079ae6d5c623db786ee0402a05b56b4c0a92ee962525da3772f6873e9d"         \
	"22839a98c62928568180bd8789f5b8f91a6f85569adef0f72734326279794b19b7f4241999f5e727"         \
	"a305d7d0c5c7c0fb"

#define RSA_FIXTURE_PSS_SHA384                                                                     \
	"5198dcc8c57110c501d7529ce1fcc47ab1693b1d41a31e033eb53c31f3b6e3557a2049bd28f091af"         \
	"efc78058d9847b3798159b00f4410d7c6293a87b7a6a171af6514ea9cba30d3b1bd2dec327d705bd"         \
	"00564daaf91e7318effb2f4ea22a7e9871672708f1a984ff26e50229b5e486ba9408f3d0dda9c9e1"         \
	"7e6c78fd8033b87b"

#endif
