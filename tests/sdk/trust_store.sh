# For https in Java, after authority.sh.
# [README
keytool -importcert -noprompt -file ca.pem -alias millrace -keystore authorities.p12 -storepass changeit
export JAVA_TOOL_OPTIONS="-Djavax.net.ssl.trustStore=$PWD/authorities.p12 -Djavax.net.ssl.trustStorePassword=changeit"
# README]
