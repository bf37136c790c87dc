<?xml version="1.0" encoding="UTF-8"?>
<!-- One line of statements.rows for each booked entry of camt.052/053/054, versions 02 to 13; the reader puts in the
     NAMESPACE, and PARTY (empty, or c:Pty/ from version 08 on). Every expression runs once an entry, so there are few:
     blanks and code words (DBIT, NOTPROVIDED) are dropped where the line is read. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:c="NAMESPACE" exclude-result-prefixes="c">
<xsl:output method="text" encoding="UTF-8"/>
<xsl:template match="/"><xsl:for-each select="*/c:Ntry"><xsl:choose>
  <xsl:when test="c:Sts!='BOOK'"/>
  <xsl:otherwise>
    <xsl:variable name="txs" select="c:NtryDtls/c:TxDtls"/>
    <xsl:variable name="refs" select="$txs/c:Refs"/>
    <xsl:variable name="serial" select="c:AcctSvcrRef"/>
    <xsl:variable name="note" select="c:AddtlNtryInf"/>
    <xsl:value-of select="concat(c:BookgDt,'&#9;',c:BookgDt,'&#9;',c:ValDt,'&#9;')"/>
    <xsl:choose>
      <xsl:when test="$serial"><xsl:value-of select="$serial"/></xsl:when>
      <xsl:when test="count($txs) &lt; 2"><xsl:value-of select="$refs/c:AcctSvcrRef"/></xsl:when>
    </xsl:choose>
    <xsl:value-of select="concat('&#9;',c:CdtDbtInd,'&#9;',c:Amt,'&#9;',c:Amt/@Ccy,'&#9;&#9;')"/>
    <xsl:choose>
      <xsl:when test="count($txs) &gt; 1"><xsl:value-of select="concat('&#9;&#9;&#9;',$note,'&#9;&#9;',c:NtryDtls/c:Btch/c:PmtInfId)"/></xsl:when>
      <xsl:otherwise>
        <xsl:variable name="party" select="$txs/c:RltdPties"/>
        <xsl:choose>
          <xsl:when test="c:CdtDbtInd='DBIT'"><xsl:value-of select="concat($party/c:Cdtr/PARTYc:Nm,'&#9;',$party/c:CdtrAcct/c:Id//text(),'&#9;')"/></xsl:when>
          <xsl:otherwise><xsl:value-of select="concat($party/c:Dbtr/PARTYc:Nm,'&#9;',$party/c:DbtrAcct/c:Id//text(),'&#9;')"/></xsl:otherwise>
        </xsl:choose>
        <xsl:for-each select="$txs/c:RltdAgts">
          <xsl:variable name="agent" select="c:CdtrAgt/c:FinInstnId[../../../../../c:CdtDbtInd='DBIT']|c:DbtrAgt/c:FinInstnId[../../../../../c:CdtDbtInd!='DBIT']"/>
          <xsl:choose><xsl:when test="$agent/c:Nm"><xsl:value-of select="$agent/c:Nm"/></xsl:when><xsl:otherwise><xsl:value-of select="$agent/c:ClrSysMmbId/c:MmbId"/></xsl:otherwise></xsl:choose>
        </xsl:for-each>
        <xsl:value-of select="concat('&#9;',$note)"/>
        <xsl:if test="not($note)"><xsl:value-of select="$txs/c:AddtlTxInf"/></xsl:if>
        <xsl:text>&#9;</xsl:text>
        <xsl:for-each select="$txs/c:RmtInf/c:Ustrd"><xsl:if test="position() &gt; 1"><xsl:text> </xsl:text></xsl:if><xsl:value-of select="."/></xsl:for-each>
        <xsl:text>&#9;</xsl:text>
        <xsl:variable name="reference" select="$refs/c:EndToEndId"/>
        <xsl:choose>
          <xsl:when test="$reference"><xsl:value-of select="$reference"/></xsl:when>
          <xsl:when test="$refs/c:InstrId"><xsl:value-of select="$refs/c:InstrId"/></xsl:when>
          <xsl:otherwise><xsl:value-of select="c:NtryDtls/c:Btch/c:PmtInfId"/></xsl:otherwise>
        </xsl:choose>
      </xsl:otherwise>
    </xsl:choose>
    <xsl:text>&#9;&#10;</xsl:text>
  </xsl:otherwise>
</xsl:choose></xsl:for-each></xsl:template>
</xsl:stylesheet>
